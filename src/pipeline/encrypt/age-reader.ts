import { Decrypter } from 'age-encryption'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import type { Bytes, Stage } from '../bytes.ts'
import { readAgeStart } from './age-header.ts'
import { parseIdentity } from './age-keys.ts'
import { CHUNK_BYTES, openChunk, payloadKey, TAG_BYTES } from './age-payload.ts'
import { rechunk } from './rechunk.ts'

/**
 * Decrypts an age v1 file (https://c2sp.org/age) that is encrypted to one of these identities, in one pass and constant
 * memory. A chunk of 64 KiB is released only after its tag is verified, so what is released is genuine; that nothing is
 * missing is known when the flow ends without an error.
 *
 * @throws DbvaultError KEY_WRONG when no identity fits, ARTIFACT_CORRUPT when bytes were changed, cut off or added,
 *   ARTIFACT_FOREIGN for age's armored text form, KEY_INVALID when an identity is not one
 */
export function decryptAge(identities: readonly string[]): Stage {
  return async function* (source) {
    const chunks = source[Symbol.asyncIterator]()
    try {
      const { header, payloadNonce, payload } = await readAgeStart(chunks)
      const key = payloadKey(await openHeader(identities, header), payloadNonce)
      yield* openPayload(key, followedBy(payload, chunks))
    } finally {
      await chunks.return?.()
    }
  }
}

async function* followedBy(first: Buffer, chunks: AsyncIterator<Uint8Array>): Bytes {
  yield first
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
}

async function openHeader(identities: readonly string[], header: Buffer): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(parseIdentity(identity))
  let noneFits = false
  // The library asks one identity after the other, so this last one is asked only when all others had to pass.
  decrypter.addIdentity({
    unwrapFileKey() {
      noneFits = true
      return null
    },
  })
  try {
    return await decrypter.decryptHeader(header)
  } catch (cause) {
    throw noneFits ? noIdentityFits(identities.length) : corrupt('the header of the age file is damaged', cause)
  }
}

async function* openPayload(key: Buffer, payload: Bytes): Bytes {
  let index = 0
  for await (const { bytes, last } of rechunk(payload, CHUNK_BYTES + TAG_BYTES)) {
    const plaintext = openChunk(key, index, last, bytes)
    if (!plaintext) throw corrupt(whatIsWrong(key, index, last, bytes))
    // The specification forbids it, so that one content is cut into chunks in one way only.
    if (plaintext.length === 0 && index > 0) throw corrupt('the age file ends in an empty chunk')
    yield plaintext
    index += 1
  }
}

/** A chunk that fits only under the other marking is whole, but not where it should be. */
function whatIsWrong(key: Buffer, index: number, last: boolean, bytes: Buffer): string {
  const misplaced = openChunk(key, index, !last, bytes) !== undefined
  if (misplaced)
    return last ? 'the age file is cut short: its last chunk is missing' : 'the age file goes on after its end'
  return last
    ? 'the age file is cut short, or its last chunk is damaged'
    : `the age file is damaged in chunk ${index + 1}`
}

function corrupt(message: string, cause?: unknown): DbvaultError {
  return new DbvaultError('ARTIFACT_CORRUPT', message, { cause })
}

function noIdentityFits(count: number): DbvaultError {
  const message = `none of the identities given (${count}) opens this age file: it was made for other recipients, or its header was changed`
  return new DbvaultError('KEY_WRONG', message, {
    hints: ['Give the identity that belongs to one of the recipients of this backup.'],
  })
}
