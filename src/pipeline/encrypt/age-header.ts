import { DbvaultError } from '../../errors/dbvault-error.ts'
import { PAYLOAD_NONCE_BYTES } from './age-payload.ts'

export const AGE_VERSION_LINE = 'age-encryption.org/v1\n'
export const AGE_ARMOR_LINE = '-----BEGIN AGE ENCRYPTED FILE-----'

/** Room for more than 400 post-quantum recipients, the largest there are; a header that claims more is refused. */
const MOST_BYTES = 1024 * 1024
/** The header's last line. No line before it can begin so. */
const MAC_LINE = '\n--- '

export interface AgeStart {
  /** From the version line to the newline after the MAC. It is not authenticated yet. */
  readonly header: Buffer
  readonly payloadNonce: Buffer
  /** What was read of the payload. The rest is still to come from the same iterator. */
  readonly payload: Buffer
}

/**
 * Reads the start of an age file. Only the frame of the header is looked at; what stands in it is for the library to
 * judge. The iterator stays open, whatever happens: closing it is for the caller.
 *
 * @throws DbvaultError ARTIFACT_CORRUPT when it is empty, no age file or cut short, ARTIFACT_FOREIGN when it is armored
 */
export async function readAgeStart(chunks: AsyncIterator<Uint8Array>): Promise<AgeStart> {
  let start = Buffer.alloc(0)
  let end: number | undefined
  while (end === undefined || start.length < end + PAYLOAD_NONCE_BYTES) {
    const next = await chunks.next()
    if (next.done === true) throw startMissing(start)
    start = Buffer.concat([start, next.value])
    end ??= headerEnd(start)
  }
  const payloadStart = end + PAYLOAD_NONCE_BYTES
  return {
    header: start.subarray(0, end),
    payloadNonce: start.subarray(end, payloadStart),
    payload: start.subarray(payloadStart),
  }
}

function headerEnd(start: Buffer): number | undefined {
  if (beginsAs(AGE_ARMOR_LINE, start)) {
    if (start.length >= AGE_ARMOR_LINE.length) throw armored()
    return undefined
  }
  if (!beginsAs(AGE_VERSION_LINE, start)) {
    throw new DbvaultError('ARTIFACT_CORRUPT', 'this is not an age file: its first line is another')
  }
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

/** True, too, as long as the start is shorter than the line and may become it. */
function beginsAs(line: string, start: Buffer): boolean {
  return line.startsWith(start.toString('latin1', 0, line.length))
}

function startMissing(start: Buffer): DbvaultError {
  const what =
    start.length === 0 ? 'the file is empty, so it is no age file' : 'the age file is cut short within its header'
  return new DbvaultError('ARTIFACT_CORRUPT', what)
}

function armored(): DbvaultError {
  return new DbvaultError(
    'ARTIFACT_FOREIGN',
    'this is an age file in its armored text form, which dbvault does not write',
    {
      hints: ['Decrypt it with age itself: age --decrypt -i IDENTITY FILE'],
    },
  )
}
