import { DbvaultError } from '../../errors/dbvault-error.ts'
import type { Bytes } from '../bytes.ts'

export const AGE_VERSION_LINE = 'age-encryption.org/v1\n'
export const AGE_ARMOR_LINE = '-----BEGIN AGE ENCRYPTED FILE-----'

/** Room for more than 400 post-quantum recipients, the largest there are; a header that claims more is refused. */
const MOST_BYTES = 1024 * 1024
/** The header's last line. No line before it can begin so. */
const MAC_LINE = '\n--- '

export interface AgeParts {
  /** From the version line to the newline after the MAC. It is not authenticated yet. */
  readonly header: Buffer
  readonly payloadNonce: Buffer
  /** To be read once, right away, and to its end. */
  readonly payload: Bytes
}

/**
 * Reads the start of an age file and leaves the rest to flow. Only the frame of the header is looked at; what stands in
 * it is for the library to judge.
 *
 * @throws DbvaultError ARTIFACT_CORRUPT when it is empty, no age file or cut short, ARTIFACT_FOREIGN when it is armored
 */
export async function splitAgeHeader(source: Bytes, payloadNonceBytes: number): Promise<AgeParts> {
  const chunks = source[Symbol.asyncIterator]()
  let start = Buffer.alloc(0)
  let end: number | undefined
  try {
    while (end === undefined || start.length < end + payloadNonceBytes) {
      const next = await chunks.next()
      if (next.done === true) throw startMissing(start)
      start = Buffer.concat([start, next.value])
      end ??= headerEnd(start)
    }
  } catch (error) {
    await chunks.return?.()
    throw error
  }
  const payloadStart = end + payloadNonceBytes
  return {
    header: start.subarray(0, end),
    payloadNonce: start.subarray(end, payloadStart),
    payload: follow(start.subarray(payloadStart), chunks),
  }
}

function headerEnd(start: Buffer): number | undefined {
  const begun = start.subarray(0, AGE_VERSION_LINE.length).toString('latin1')
  if (!AGE_VERSION_LINE.startsWith(begun)) throw notAge(start)
  const macLine = start.indexOf(MAC_LINE)
  const newline = macLine < 0 ? -1 : start.indexOf('\n', macLine + MAC_LINE.length)
  if (newline < 0 ? start.length > MOST_BYTES : newline > MOST_BYTES) {
    throw new DbvaultError(
      'ARTIFACT_CORRUPT',
      `the age file is damaged: its header does not end within ${MOST_BYTES} bytes`,
    )
  }
  return newline < 0 ? undefined : newline + 1
}

async function* follow(first: Buffer, chunks: AsyncIterator<Uint8Array>): Bytes {
  try {
    yield first
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
  } finally {
    await chunks.return?.()
  }
}

function startMissing(start: Buffer): DbvaultError {
  const what =
    start.length === 0 ? 'the file is empty, so it is no age file' : 'the age file is cut short within its header'
  return new DbvaultError('ARTIFACT_CORRUPT', what)
}

function notAge(start: Buffer): DbvaultError {
  if (start.toString('latin1', 0, AGE_ARMOR_LINE.length) !== AGE_ARMOR_LINE) {
    return new DbvaultError('ARTIFACT_CORRUPT', 'this is not an age file: its first line is another')
  }
  return new DbvaultError(
    'ARTIFACT_FOREIGN',
    'this is an age file in its armored text form, which dbvault does not write',
    {
      hints: ['Decrypt it with age itself: age --decrypt -i IDENTITY FILE'],
    },
  )
}
