import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { finished, User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'
const NAMED = /plugin dbvault-engine-lines 2\.3\.4/
const PASSING = 'yield Buffer.from(`#end'
const SECRET = 'correct-horse'

interface Failure {
  readonly ok: false
  readonly error: { readonly code: string; readonly message: string; readonly plugin?: object }
}

describe('a plugin that misbehaves when it is used', function () {
  this.timeout(30_000)
  let user: User
  let root: string
  let sound: string

  before(async () => {
    user = await User.create()
    root = await user.link(LINES)
    sound = await readFile(join(root, 'index.js'), 'utf8')
    await writeFile(user.path('rows.txt'), 'one\ntwo\n')
  })
  after(() => user[Symbol.asyncDispose]())

  const backupTo = (out: string): string[] => ['backup', '--db', 'lines', '-D', 'rows.txt', '-o', out, '--json']
  const argv = backupTo('good')
  let runs = 0

  /** Code that stands at the top of its module, and code that its dump runs before its end. */
  async function turn({ top = '', inDump = '' }): Promise<void> {
    await writeFile(join(root, 'index.js'), `${top}\n${sound.replace(PASSING, `${inDump}\n      ${PASSING}`)}`)
  }

  /** Of a backup to a place of its own, in which there is none afterwards. */
  async function failure(environment: Record<string, string> = {}): Promise<Failure['error']> {
    const out = `out${(runs += 1)}`
    const { exit, stdout, stderr } = await user.run(backupTo(out), environment)
    assert.equal(exit, 1, stderr)
    const document = JSON.parse(stdout) as Failure
    assert.equal(document.ok, false)
    assert.ok(stderr.includes(document.error.message.slice(0, 200)), stderr)
    const { backups } = JSON.parse((await user.run(['list', '-o', out, '--json'])).stdout) as { backups: object[] }
    assert.deepEqual(backups, [])
    return document.error
  }

  for (const [what, inDump] of [
    ['throws in a generator', 'throw new Error("boo")'],
    [
      'throws in a timer',
      'setTimeout(() => { throw new Error("boo") }); await new Promise((resolve) => setTimeout(resolve, 1000))',
    ],
    [
      'forgets a promise that is rejected',
      'Promise.reject(new Error("boo")); await new Promise((resolve) => setTimeout(resolve, 1000))',
    ],
  ] as const) {
    it(`is named when it ${what}`, async () => {
      await turn({ inDump })
      const { code, message, plugin } = await failure()
      assert.equal(code, 'INTERNAL')
      assert.match(message, NAMED)
      assert.match(message, /: boo$/)
      assert.deepEqual(plugin, { package: LINES, version: '2.3.4' })
    })
  }

  for (const [what, thrown, told] of [
    ['a text', '"boo"', /: boo$/],
    ['nothing', 'undefined', /: undefined$/],
    ['null', 'null', /: null$/],
    ['an object that cannot be shown', 'Object.create(null)', /: something was thrown that cannot be shown$/],
  ] as const) {
    it(`is named among those in use when it throws ${what} in place of an error`, async () => {
      await turn({ inDump: `throw ${thrown}` })
      const { message } = await failure()
      assert.match(message, /one of its plugins in use \(dbvault-engine-lines 2\.3\.4\)/)
      assert.match(message, told)
    })
  }

  it('has its endless error cut, and its control characters taken out', async () => {
    await turn({ inDump: 'throw new Error(`\\u001b[2J\\n${"boo ".repeat(1_000_000)}`)' })
    const { message } = await failure()
    assert.match(message, NAMED)
    assert.ok(message.length < 1000, String(message.length))
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(message, /[\u0000-\u001f]/)
  })

  it('has the secret of one of its flags cut out of its errors', async () => {
    await turn({ inDump: 'throw new Error(`token ${source.flags.token}`)' })
    const { message } = await failure({ DBVAULT_LINES_TOKEN: SECRET })
    assert.match(message, /: token \[secret\]$/)
  })

  for (const [what, code] of [
    ['console.log', 'console.log("noise")'],
    ['process.stdout', 'process.stdout.write("noise\\n")'],
  ] as const) {
    it(`cannot write into the result by ${what}: that goes to stderr`, async () => {
      await turn({ top: code, inDump: code })
      const { exit, stdout, stderr } = await user.run(argv)
      assert.equal(exit, 0, stderr)
      assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true)
      assert.equal(stderr.split('noise').length, 3, stderr)
    })
  }

  for (const [what, top] of [
    ['replaces process.exit and the writing to stdout', 'process.exit = () => {}; process.stdout.write = () => true'],
    ['replaces console and JSON of its own', 'globalThis.console = { log() {} }'],
  ] as const) {
    it(`cannot take the result away when it ${what}`, async () => {
      await turn({ top })
      const { exit, stdout, stderr } = await user.run(argv)
      assert.equal(exit, 0, stderr)
      assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true)
    })
  }

  it('cannot end the process as if all were well', async () => {
    await turn({ inDump: 'process.exit(0)' })
    assert.match((await failure()).message, /failed in a way that it should not: it called process\.exit$/)
    await turn({ top: 'process.exit(0)' })
    const { exit, stdout } = await user.run(argv)
    assert.equal(exit, 10)
    assert.match(
      (JSON.parse(stdout) as Failure).error.message,
      /dbvault-engine-lines is broken.*it called process\.exit$/,
    )
  })

  it('is no success when it waits for what never comes, with nothing left to wait for', async () => {
    await turn({ inDump: 'await new Promise(() => {})' })
    const { code, message } = await failure()
    assert.equal(code, 'INTERNAL')
    assert.match(message, /plugins in use \(dbvault-engine-lines 2\.3\.4\) waits for something that can never come/)
  })

  for (const [what, top] of [
    ['a timer', 'setInterval(() => {}, 1000)'],
    ['a server', 'import { createServer } from "node:net"; createServer().listen(0, "127.0.0.1")'],
    ['a listener', 'process.stdin.on("data", () => {}); process.on("SIGUSR2", () => {}); setInterval(() => {}, 1000)'],
  ] as const) {
    it(`does not keep the process alive when it leaves ${what} open, and is named`, async () => {
      await turn({ top })
      const { exit, stdout, stderr } = await user.run(argv)
      assert.equal(exit, 0, stderr)
      assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true)
      assert.match(stderr, /^Warning: plugin dbvault-engine-lines 2\.3\.4: something was left open/m)
    })
  }

  for (const [what, top] of [
    ['Array.prototype.map', 'Array.prototype.map = () => { throw new Error("boo") }'],
    ['JSON.stringify', 'JSON.stringify = () => "garbage"'],
    [
      'Promise.prototype.then',
      'const then = Promise.prototype.then; Promise.prototype.then = function (...a) { return then.apply(this, a) }',
    ],
    ['process.on', 'process.on = () => process'],
    ['Object.prototype.extra', 'Object.prototype.extra = 1'],
  ] as const) {
    it(`is refused when it changes ${what}, which stays as it was`, async () => {
      await turn({ top })
      const { exit, stdout, stderr } = await user.run(argv)
      assert.equal(exit, 10, stderr)
      const { error } = JSON.parse(stdout) as Failure
      assert.equal(error.code, 'PLUGIN_INVALID')
      assert.ok(error.message.includes(`it changes ${what}`), error.message)
    })
  }

  it('may bring a function that this Node does not have yet', async () => {
    await turn({ top: 'Object.defineProperty(Array.prototype, "lastOf", { value() { return this.at(-1) } })' })
    const { exit, stderr } = await user.run(argv)
    assert.equal(exit, 0, stderr)
  })

  it('is named when it is a storage that throws while it is opened, and nothing is dumped', async () => {
    await turn({})
    const folder = await user.link('dbvault-storage-folder')
    const file = join(folder, 'index.js')
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('return folder(', 'throw new TypeError("boo"); folder('),
    )
    const { exit, stdout, stderr } = await user.run([...backupTo('opened'), '--cloud', 'folder', '--folder-path', 'f'])
    assert.equal(exit, 1, stderr)
    const { error } = JSON.parse(stdout) as Failure
    assert.equal(error.code, 'INTERNAL')
    assert.match(error.message, /plugin dbvault-storage-folder \S+ failed in a way that it should not: boo$/)
    assert.ok(!existsSync(user.path('opened')))
  })

  it('that hangs for ever on an abort is ended by a second Ctrl-C', async () => {
    await turn({
      inDump: 'process.stderr.write("hanging\\n"); await new Promise((resolve) => setTimeout(resolve, 1e8))',
    })
    const child = user.start(argv.slice(0, -1))
    const ended = finished(child)
    const until = async (text: string): Promise<void> => {
      for (let said = ''; !said.includes(text);) said += String((await once(child.stderr!, 'data'))[0])
    }
    await until('hanging')
    child.kill('SIGINT')
    await until('once more to stop at once')
    child.kill('SIGINT')
    assert.equal((await ended).exit, 130)
  })

  it('leaves the commands that do not use it as they are', async () => {
    await turn({ top: 'process.exit(0); throw new Error("boo")' })
    for (const line of [['--help'], ['backup', '--help'], ['plugins', '--json'], ['list', '-o', 'good', '--json']]) {
      const { exit, stderr } = await user.run(line)
      assert.deepEqual([exit, stderr], [0, ''], line.join(' '))
    }
  })
})
