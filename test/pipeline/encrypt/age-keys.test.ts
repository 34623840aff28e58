import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'
import {
  generateAgeIdentity,
  generateIdentityBeside,
  parseIdentity,
  parseIdentityFile,
  parseRecipient,
} from '../../../src/pipeline/encrypt/age-keys.ts'
import { folder, output } from './program.ts'

function refusal(parse: () => unknown): DbvaultError {
  try {
    parse()
  } catch (error) {
    if (DbvaultError.is(error)) return error
  }
  return assert.fail('it was accepted')
}

/** Nothing of a key may be in an error, its cause included, since DEBUG prints that. */
function assertTellsNothing(error: DbvaultError, secret: string): void {
  assert.equal(error.code, 'KEY_INVALID')
  const all = inspect(error, { depth: 9, showHidden: true }).toUpperCase()
  for (let from = 16; from + 8 <= secret.length; from += 4) {
    assert.ok(!all.includes(secret.slice(from, from + 8).toUpperCase()), all)
  }
}

describe('age keys', () => {
  it('are generated as pairs that age-keygen agrees on', async () => {
    const { identity, recipient } = await generateAgeIdentity()
    assert.match(identity, /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/)
    assert.equal((await output('age-keygen', ['-y'], Buffer.from(identity))).toString().trim(), recipient)
    assert.equal(parseRecipient(` ${recipient}\n`), recipient)
    assert.equal(parseIdentity(` ${identity}\n`), identity)
  })

  it('are post-quantum beside recipients that all are, and X25519 beside all others', async () => {
    const hybrid = await identityToRecipient(await generateHybridIdentity())
    const { recipient: classic } = await generateAgeIdentity()
    assert.equal(parseRecipient(hybrid), hybrid)
    assert.match((await generateIdentityBeside([hybrid, hybrid])).recipient, /^age1pq1/)
    for (const recipients of [[], [classic], [classic, hybrid]]) {
      assert.match((await generateIdentityBeside(recipients)).recipient, /^age1(?!pq1)/)
    }
  })

  it('refuses what is no recipient, and does not repeat it', async () => {
    const { identity, recipient } = await generateAgeIdentity()
    assertTellsNothing(
      refusal(() => parseRecipient(identity)),
      identity,
    )
    assert.match(refusal(() => parseRecipient(identity)).message, /the half to keep secret/)
    const typo = recipient.slice(0, -1) + (recipient.endsWith('q') ? 'p' : 'q')
    for (const text of [
      '',
      'hello',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5',
      recipient.slice(0, -2),
      typo,
      `${recipient} ${recipient}`,
    ]) {
      assertTellsNothing(
        refusal(() => parseRecipient(text)),
        text,
      )
    }
  })

  it('refuses what is no identity, and does not repeat it', async () => {
    const { identity, recipient } = await generateAgeIdentity()
    const typo = identity.slice(0, -1) + (identity.endsWith('Q') ? 'P' : 'Q')
    for (const text of ['', recipient, identity.slice(0, -2), typo, identity.toLowerCase()]) {
      assertTellsNothing(
        refusal(() => parseIdentity(text)),
        text,
      )
    }
  })
})

describe('age identity file', () => {
  it('is read as age-keygen writes it', async () => {
    await using temporary = await folder()
    const text = (await output('age-keygen', [])).toString()
    const [identity] = parseIdentityFile(text)
    assert.ok(text.includes(`public key: ${await identityToRecipient(identity!)}`))
    await output('age-keygen', ['-o', temporary.path('key')])
  })

  it('holds several identities between comments and empty lines, with any line ends', async () => {
    const pairs = await Promise.all([generateAgeIdentity(), generateAgeIdentity()])
    const identities = [...pairs.map((pair) => pair.identity), await generateHybridIdentity()]
    assert.deepEqual(parseIdentityFile(identities.join('\n')), identities)
    assert.deepEqual(parseIdentityFile(`# one\r\n\r\n${identities.join('\r\n#\r\n')}\r\n`), identities)
  })

  it('is refused by the number of the line, which is not repeated', async () => {
    const { identity } = await generateAgeIdentity()
    const damaged = identity.slice(0, -1)
    const error = refusal(() => parseIdentityFile(`# mine\n${identity}\n${damaged}\n`))
    assertTellsNothing(error, damaged)
    assert.match(error.message, /line 3/)
  })

  it('is refused when it holds no identity or is itself encrypted', () => {
    for (const text of ['', '# public key: age1\n'])
      assert.match(refusal(() => parseIdentityFile(text)).message, /no age identity/)
    for (const text of ['age-encryption.org/v1\n-> scrypt', '-----BEGIN AGE ENCRYPTED FILE-----\n']) {
      assert.match(refusal(() => parseIdentityFile(text)).message, /itself encrypted/)
    }
  })
})
