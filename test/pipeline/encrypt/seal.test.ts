import assert from 'node:assert/strict'
import { generateAgeIdentity } from '../../../src/pipeline/encrypt/age-keys.ts'
import { ageCipher, type Cipher, fernetCipher } from '../../../src/pipeline/encrypt/encryption.ts'
import { generateFernetKey, parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { pattern } from './flow.ts'

async function age(): Promise<Cipher> {
  const { identity, recipient } = await generateAgeIdentity()
  return ageCipher([recipient], [identity])
}

const makers: Record<string, () => Promise<Cipher>> = {
  fernet: async () => fernetCipher(parseFernetKey(generateFernetKey())),
  age,
}

for (const [scheme, make] of Object.entries(makers)) {
  describe(`a value sealed with ${scheme}`, () => {
    it('comes back, and is one line of text', async () => {
      const cipher = await make()
      for (const size of [0, 1, 16, 5000, 100_000]) {
        const text = await cipher.seal(pattern(size))
        assert.match(text, /^[\w+/=-]+$/)
        assert.deepEqual(await cipher.unseal(text), pattern(size))
      }
    })

    it('is refused with KEY_WRONG by another key', async () => {
      const text = await (await make()).seal(pattern(10))
      await assert.rejects((await make()).unseal(text), { code: 'KEY_WRONG' })
    })

    it('is refused when it is changed, cut, empty or something else', async () => {
      const cipher = await make()
      const text = await cipher.seal(pattern(100))
      const middle = Math.floor(text.length / 2)
      const changed = text.slice(0, middle) + (text[middle] === 'A' ? 'B' : 'A') + text.slice(middle + 1)
      for (const bad of [changed, text.slice(0, -8), '', 'no', 'ünsinn']) {
        await assert.rejects(cipher.unseal(bad), (error: { code?: string }) =>
          ['KEY_WRONG', 'ARTIFACT_CORRUPT'].includes(error.code ?? ''),
        )
      }
    })
  })
}
