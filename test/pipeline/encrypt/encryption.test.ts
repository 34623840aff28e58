import assert from 'node:assert/strict'
import { generateAgeIdentity } from '../../../src/pipeline/encrypt/age-keys.ts'
import { ageCipher, fernetCipher, recognise } from '../../../src/pipeline/encrypt/encryption.ts'
import { generateFernetKey, parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { flow, gather, pattern } from './flow.ts'

describe('encryption', () => {
  it('encrypts, decrypts and opens with either scheme, and is recognised from its first bytes', async () => {
    const { identity, recipient } = await generateAgeIdentity()
    const ciphers = [fernetCipher(parseFernetKey(generateFernetKey())), ageCipher([recipient], [identity])]
    assert.deepEqual(
      ciphers.map((cipher) => cipher.extension),
      ['enc', 'age'],
    )
    for (const cipher of ciphers) {
      const file = await gather(cipher.encrypt()(flow(pattern(200_000), 1000)))
      assert.equal(recognise(file), cipher.scheme)
      assert.equal(recognise(file.subarray(0, 34)), cipher.scheme)
      assert.deepEqual(await gather(cipher.decrypt()(flow(file, 999))), pattern(200_000))
      assert.deepEqual(await gather(cipher.open(() => flow(file, 999))), pattern(200_000))
    }
  })

  it('recognises armored age as age', () => {
    assert.equal(recognise(Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl')), 'age')
  })

  it('recognises nothing in other content', () => {
    for (const content of [
      '',
      'g',
      'gAAA',
      'hello',
      '\x1f\x8b',
      'age-encryption.org/v2\n',
      '-----BEGIN PGP MESSAGE-----',
    ]) {
      assert.equal(recognise(Buffer.from(content)), undefined)
    }
  })
})
