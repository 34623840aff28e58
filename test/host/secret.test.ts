import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { createHost } from '../../src/host/create-host.ts'
import { secret } from '../../src/host/secret.ts'

describe('secret', () => {
  const password = secret('hunter2')

  it('gives its text only to reveal', () => {
    assert.equal(password.reveal(), 'hunter2')
    const printed = [
      String(password),
      `${password as unknown as string}`,
      '' + (password as unknown as string),
      JSON.stringify(password),
      inspect(password),
      inspect(password, { showHidden: true, customInspect: false }),
      inspect({ deep: [{ password }] }, { depth: 9 }),
      Object.entries(password).join(),
      inspect(structuredClone(password)),
    ]
    for (const text of printed) assert.doesNotMatch(text, /hunter2/)
    assert.equal(String(password), '[secret]')
    assert.equal(JSON.stringify({ password }), '{"password":"[secret]"}')
  })

  it('is cut out of the errors and warnings of a host that knows it', () => {
    const seen: unknown[] = []
    const { signal } = new AbortController()
    const host = createHost({ signal, redact: [password], report: (event) => void seen.push(event) })
    const error = host.error('SOURCE_DENIED', 'login hunter2 failed', { hints: ['not hunter2'], retryable: true })
    assert.deepEqual(
      { ...error, message: error.message },
      {
        name: 'DbvaultError',
        code: 'SOURCE_DENIED',
        hints: ['not [secret]'],
        retryable: true,
        message: 'login [secret] failed',
      },
    )
    host.report({ kind: 'warning', message: 'hunter2 is weak' })
    assert.deepEqual(seen, [{ kind: 'warning', message: '[secret] is weak' }])
  })
})

describe('report', () => {
  it('does not throw when the receiver does', () => {
    const { signal } = new AbortController()
    createHost({
      signal,
      report: () => {
        throw new Error('no terminal')
      },
    }).report({ kind: 'phase', name: 'dump' })
  })
})
