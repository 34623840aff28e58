import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { Decrypter, Encrypter } from 'age-encryption'
import { encryptAge } from '../../../src/pipeline/encrypt/age.ts'
import { generateAgeIdentity } from '../../../src/pipeline/encrypt/age-keys.ts'
import { decryptAge } from '../../../src/pipeline/encrypt/age-reader.ts'
import { sealToRecipients } from '../../../src/pipeline/encrypt/age-seal.ts'
import { flow, gather, outcome, pattern } from './flow.ts'
import { folder, output } from './program.ts'
import { needs } from '../../support/tools.ts'

const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 5_000_000]

describe('age and the age program', () => {
  needs('age')

  for (const size of SIZES) {
    it(`read each other's files of ${size} bytes`, async () => {
      await using temporary = await folder()
      const [ours, second, third] = await Promise.all([
        generateAgeIdentity(),
        generateAgeIdentity(),
        generateAgeIdentity(),
      ])
      const recipients = [ours, second, third].map((pair) => pair.recipient)
      const file = await gather(encryptAge(recipients)(flow(pattern(size), 50_000)))
      await writeFile(temporary.path('artifact.age'), file)
      for (const { identity } of [ours, second, third]) {
        await writeFile(temporary.path('identity'), `# a comment\n${identity}\n`)
        const args = ['--decrypt', '-i', temporary.path('identity'), temporary.path('artifact.age')]
        assert.deepEqual(await output('age', args), pattern(size))
      }
      const theirs = await output(
        'age',
        recipients.flatMap((recipient) => ['-r', recipient]),
        pattern(size),
      )
      for (const { identity } of [ours, second, third]) {
        assert.deepEqual(await gather(decryptAge([identity])(flow(theirs, 50_000))), pattern(size))
      }
    })
  }

  it('agree on a sealed value, once its base64 is undone', async () => {
    await using temporary = await folder()
    const { identity, recipient } = await generateAgeIdentity()
    await writeFile(temporary.path('identity'), identity)
    const sealed = Buffer.from(await sealToRecipients([recipient], Buffer.from('rows: 3')), 'base64')
    assert.equal((await output('age', ['--decrypt', '-i', temporary.path('identity')], sealed)).toString(), 'rows: 3')
  })

  it('refuses an armored file with ARTIFACT_FOREIGN', async () => {
    const { identity, recipient } = await generateAgeIdentity()
    const armored = await output('age', ['--armor', '-r', recipient], pattern(100))
    for (const size of [1, 1000]) {
      assert.equal((await outcome(decryptAge([identity])(flow(armored, size)))).error?.code, 'ARTIFACT_FOREIGN')
    }
  })
})

describe('age and the age-encryption library', () => {
  for (const size of [0, 1, 65_536, 65_537]) {
    it(`read each other's files of ${size} bytes`, async () => {
      const { identity, recipient } = await generateAgeIdentity()
      const decrypter = new Decrypter()
      decrypter.addIdentity(identity)
      const encrypter = new Encrypter()
      encrypter.addRecipient(recipient)
      const file = await gather(encryptAge([recipient])(flow(pattern(size))))
      assert.deepEqual(Buffer.from(await decrypter.decrypt(file)), pattern(size))
      const theirs = await encrypter.encrypt(pattern(size))
      assert.deepEqual(await gather(decryptAge([identity])(flow(theirs, 1000))), pattern(size))
    })
  }
})
