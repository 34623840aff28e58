import assert from 'node:assert/strict'
import type { Manifest, SealedPart } from '../../src/catalog/manifest.ts'
import { keyIdOf, sealPart, unsealPart } from '../../src/catalog/sealing.ts'
import { generateAgeIdentity } from '../../src/pipeline/encrypt/age-keys.ts'
import { type Cipher, ageCipher, fernetCipher } from '../../src/pipeline/encrypt/encryption.ts'
import { generateFernetKey, parseFernetKey } from '../../src/pipeline/encrypt/fernet-key.ts'
import { manifestOf } from '../support/manifests.ts'

const PART: SealedPart = {
  dumps: { main: 'ab'.repeat(32) },
  fingerprint: { scheme: 'text-1', rows: 3 },
  compared: { rows: 3 },
}

const fernet = (): Cipher => fernetCipher(parseFernetKey(generateFernetKey()))
async function age(): Promise<Cipher> {
  const { identity, recipient } = await generateAgeIdentity()
  return ageCipher([recipient], [identity])
}

async function sealed(cipher: Cipher): Promise<{ manifest: Manifest; macKey: Buffer | undefined }> {
  const { encryption, sealed: text, macKey } = await sealPart(PART, cipher, ['age1…'])
  return { manifest: manifestOf('shop-1.txt', { encryption, ...(text !== undefined && { sealed: text }) }), macKey }
}

describe('the sealed part of a manifest', () => {
  for (const [scheme, make] of [
    ['fernet', async () => fernet()],
    ['age', age],
  ] as const) {
    it(`comes back by the key of ${scheme}, with the key of the MAC, and says nothing without`, async () => {
      const cipher = await make()
      const { manifest, macKey } = await sealed(cipher)
      assert.equal(manifest.encryption.scheme, scheme)
      const { part, macKey: unsealed } = await unsealPart(manifest, cipher, 'here')
      assert.deepEqual([part.dumps, part.fingerprint, part.compared], [PART.dumps, PART.fingerprint, PART.compared])
      assert.deepEqual(unsealed, macKey)
      assert.equal(unsealed.length, 32)
      assert.ok(!JSON.stringify(manifest).includes(PART.dumps['main'] ?? ''))
    })

    it(`is KEY_WRONG with another key of ${scheme}`, async () => {
      const { manifest } = await sealed(await make())
      await assert.rejects(unsealPart(manifest, await make(), 'here'), { code: 'KEY_WRONG' })
    })

    it(`of ${scheme} is refused when a character of it was changed`, async () => {
      const cipher = await make()
      const { manifest } = await sealed(cipher)
      const text = manifest.sealed ?? ''
      for (const at of [0, text.length >> 1, text.length - 5]) {
        const other = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
        await assert.rejects(unsealPart({ ...manifest, sealed: other }, cipher, 'here'), (error: object) => {
          const codes: unknown[] = ['ARTIFACT_CORRUPT', 'MANIFEST_INVALID', 'KEY_WRONG']
          return 'code' in error && codes.includes(error.code)
        })
      }
    })

    it(`of ${scheme} that is not there, or of another scheme, is MANIFEST_INVALID`, async () => {
      const cipher = await make()
      const other = await sealed(scheme === 'fernet' ? await age() : fernet())
      for (const manifest of [manifestOf('shop-1.txt'), other.manifest]) {
        await assert.rejects(unsealPart(manifest, cipher, 'here'), { code: 'MANIFEST_INVALID' })
      }
    })
  }

  it('says by eight digits which key it takes', async () => {
    const key = parseFernetKey(generateFernetKey())
    const { manifest } = await sealed(fernetCipher(key))
    const id = keyIdOf(key.manifestMacKey())
    assert.match(id, /^[0-9a-f]{8}$/)
    assert.deepEqual(manifest.encryption, { scheme: 'fernet', keyId: id })
    await assert.rejects(unsealPart(manifest, fernet(), 'here'), { message: new RegExp(`was encrypted with ${id}`) })
  })

  it('names the recipients that the user gave, and no other', async () => {
    const { manifest } = await sealed(await age())
    assert.deepEqual(manifest.encryption, { scheme: 'age', recipients: ['age1…'] })
  })
})
