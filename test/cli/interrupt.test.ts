import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { finished, User, type Finished } from './dbvault-process.ts'

/** An engine that waits for its signal in `probe`, and says when it waits and when it was told. */
const PATIENT = `
import { readFile } from 'node:fs/promises'
const { dbvault: descriptor } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'))
const unused = async () => {}
const probe = (source, { signal }) => new Promise((resolve, reject) => {
  const timer = setInterval(() => {}, 1000)
  signal.addEventListener('abort', () => {
    if (process.env.STUBBORN) return
    clearInterval(timer)
    process.stderr.write('told\\n')
    reject(signal.reason)
  })
  process.once('exit', () => process.stderr.write('exit cleanup\\n'))
  process.stderr.write('waiting\\n')
})
export default { descriptor, probe, dump: unused, check: unused, prove: unused, inspect: unused, restore: unused }
`

async function said(child: ChildProcess, word: string): Promise<void> {
  let heard = ''
  for (;;) {
    if (heard.includes(word)) return
    const [chunk] = (await once(child.stderr as NonNullable<ChildProcess['stderr']>, 'data')) as [Buffer]
    heard += chunk.toString()
  }
}

describe('a running command', () => {
  let user: User
  before(async () => {
    user = await User.create()
    await user.link('dbvault-engine-lines', { 'index.js': PATIENT })
    await writeFile(user.path('rows.txt'), 'one\n')
  })
  after(async () => user[Symbol.asyncDispose]())

  function start(environment: Readonly<Record<string, string>> = {}, ...more: string[]): ChildProcess {
    return user.start(['backup', '--db', 'lines', '-D', 'rows.txt', '-o', 'out', '--json', ...more], environment)
  }

  function codeOf({ stdout }: Finished): string {
    return (JSON.parse(stdout) as { error: { code: string } }).error.code
  }

  const endings = [
    ['SIGINT', 130, 'INTERRUPTED'],
    ['SIGTERM', 143, 'TERMINATED'],
    ['SIGHUP', 143, 'TERMINATED'],
  ] as const
  for (const [signal, exit, code] of endings) {
    it(`cleans up and exits with ${exit} on ${signal}`, async () => {
      const child = start()
      const end = finished(child)
      await said(child, 'waiting')
      child.kill(signal)
      const result = await end
      assert.equal(result.exit, exit)
      assert.equal(codeOf(result), code)
      assert.match(result.stderr, /told\n/)
    })
  }

  it('exits at once on a second signal, with what can be cleaned up synchronously', async () => {
    const child = start({ STUBBORN: '1' })
    const end = finished(child)
    await said(child, 'waiting')
    child.kill('SIGTERM')
    await said(child, 'once more')
    child.kill('SIGINT')
    const { exit, stderr } = await end
    assert.equal(exit, 130)
    assert.match(stderr, /exit cleanup\n/)
  })

  it('ends with TIMED_OUT and exit code 12 after --timeout', async () => {
    const result = await finished(start({}, '--timeout', '300ms'))
    assert.equal(result.exit, 12)
    assert.equal(codeOf(result), 'TIMED_OUT')
    assert.match(result.stderr, /not finished within 0.3 s/)
  })
})
