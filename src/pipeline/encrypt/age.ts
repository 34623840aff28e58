import { randomBytes } from 'node:crypto'
import { Encrypter } from 'age-encryption'
import type { Stage } from '../bytes.ts'
import { parseRecipient } from './age-keys.ts'
import { CHUNK_BYTES, PAYLOAD_NONCE_BYTES, payloadKey, sealChunk, TAG_BYTES } from './age-payload.ts'
import { rechunk } from './rechunk.ts'

/**
 * Encrypts to every one of the recipients, in the age v1 format (https://c2sp.org/age), in constant memory.
 *
 * The library makes the header, that is, all public-key work. The payload is sealed here, with the chunk cipher of
 * `node:crypto`, since the library's own in JavaScript is several times slower.
 *
 * @throws DbvaultError KEY_INVALID when a recipient is not one, as soon as the flow is read
 */
export function encryptAge(recipients: readonly string[]): Stage {
  return async function* (source) {
    const { header, fileKey } = await makeHeader(recipients)
    const payloadNonce = randomBytes(PAYLOAD_NONCE_BYTES)
    const key = payloadKey(fileKey, payloadNonce)
    yield Buffer.concat([header, payloadNonce])
    let index = 0
    for await (const { bytes, last } of rechunk(source, CHUNK_BYTES)) {
      yield* sealChunk(key, index, last, bytes)
      index += 1
    }
  }
}

/**
 * Has the library encrypt nothing, and keeps the header. One more recipient, which adds no stanza, is handed the file's
 * key on the way.
 */
async function makeHeader(recipients: readonly string[]): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(parseRecipient(recipient))
  let fileKey = new Uint8Array()
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = Uint8Array.from(key)
      return []
    },
  })
  const file = await encrypter.encrypt(new Uint8Array())
  return { header: file.subarray(0, -(PAYLOAD_NONCE_BYTES + TAG_BYTES)), fileKey }
}
