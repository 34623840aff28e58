import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { User } from './dbvault-process.ts'

/** Run before dbvault in its process. */
const preload = (code: string): readonly string[] => ['--import', `data:text/javascript,${encodeURIComponent(code)}`]

describe('dbvault', () => {
  let user: User
  before(async () => {
    user = await User.create()
  })
  after(async () => user[Symbol.asyncDispose]())

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    for (const argv of [['--version'], ['version']]) {
      const { exit, stdout, stderr } = await user.run(argv)
      assert.deepEqual([exit, stderr], [0, ''])
      assert.equal(stdout, `dbvault/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
    }
  })

  it('refuses an old Node in one line, before it loads anything', async () => {
    const old = preload('Object.defineProperty(process, "versions", { value: { node: "22.15.1" } })')
    const { exit, stdout, stderr } = await user.run(['--help'], {}, old)
    assert.deepEqual([exit, stdout], [1, ''])
    assert.equal(stderr, `dbvault needs Node.js 22.16 or newer; this is ${process.version}.\n`)
  })

  it('shows its commands, also with -h, and stays quiet on stderr', async () => {
    for (const argv of [['--help'], ['-h'], []]) {
      const { exit, stdout, stderr } = await user.run(argv)
      assert.deepEqual([exit, stderr], [0, ''])
      assert.match(stdout, /^ {2}backup /m)
      assert.match(stdout, /^ {2}exit-codes /m)
    }
  })

  it('prints the exit codes on help exit-codes, and as JSON', async () => {
    const help = await user.run(['help', 'exit-codes'])
    assert.match(help.stdout, /10: a tool, a plugin or a kind of proof is missing/)
    const { stdout, exit } = await user.run(['exit-codes', '--json'])
    assert.equal(exit, 0)
    const { ok, exitCodes } = JSON.parse(stdout) as { ok: boolean; exitCodes: { exit: number }[] }
    assert.equal(ok, true)
    assert.equal(exitCodes.length, 15)
  })

  it('exits with 0 when the reader of its help goes away', async () => {
    const child = user.start(['backup', '--help'])
    child.stdout?.destroy()
    const [exit] = (await once(child, 'close')) as [number]
    assert.equal(exit, 0)
  })

  it('loads no driver and no SDK of any plugin to show its help', async () => {
    const tell = preload(`
      import { registerHooks } from 'node:module'
      registerHooks({
        load(url, context, next) {
          if (/\\/node_modules\\/(@aws-sdk|@smithy|@azure|@google-cloud|minio|mongodb|ioredis)\\/|\\/(plugins|@dbvault)\\/[^/]+\\/dist\\//.test(url))
            process.stderr.write('loaded ' + url + '\\n')
          return next(url, context)
        },
      })`)
    for (const command of ['backup', 'list', 'prune', 'doctor']) {
      const { exit, stdout, stderr } = await user.run([command, '--help'], {}, tell)
      assert.deepEqual([exit, stderr], [0, ''])
      assert.match(stdout, /--cloud/)
    }
    const used = await user.run(['list', '--cloud', 's3', '--s3-bucket', 'b', '--s3-owner', '1'], {}, tell)
    assert.match(used.stderr, /loaded .*storage-s3\/dist/)
  })

  it('silences warnings about experimental parts of Node, and no others', async () => {
    const warn = preload(
      'setImmediate(() => { process.emitWarning("one", "ExperimentalWarning"); process.emitWarning("two", "DeprecationWarning") })',
    )
    const { stderr } = await user.run(['--help'], {}, warn)
    assert.doesNotMatch(stderr, /one/)
    assert.match(stderr, /DeprecationWarning: two/)
  })
})

describe('a failure', () => {
  let user: User
  before(async () => {
    user = await User.create()
  })
  after(async () => user[Symbol.asyncDispose]())

  it('is one message with its hints on stderr, nothing on stdout, and no stack', async () => {
    const { exit, stdout, stderr } = await user.run(['backup', '--nope'])
    assert.deepEqual([exit, stdout], [2, ''])
    assert.equal(stderr, 'Error: unknown flag --nope\n  → dbvault backup --help\n')
  })

  it('shows its stack where DEBUG is set', async () => {
    const { exit, stderr } = await user.run(['backup', '--nope'], { DEBUG: 'dbvault' })
    assert.equal(exit, 2)
    assert.match(stderr, /\n {4}at /)
  })

  it('is one JSON document on stdout wherever --json stands, or with DBVAULT_JSON', async () => {
    const asked: readonly (readonly [string[], Record<string, string>])[] = [
      [['backup', '--db', 'oracle', '--json'], {}],
      [['--json', 'backup', '--db', 'oracle'], {}],
      [['backup', '--json', '--db=oracle', '--quiet'], {}],
      [['backup', '--db', 'oracle'], { DBVAULT_JSON: '1' }],
    ]
    for (const [argv, environment] of asked) {
      const { exit, stdout } = await user.run(argv, environment)
      assert.equal(exit, 10)
      const document = JSON.parse(stdout) as { error: { message: string } }
      const { message } = document.error
      assert.match(message, /^--db=oracle is not provided by any installed plugin \(installed: .*sqlite\)$/)
      assert.deepEqual(document, {
        ok: false,
        error: {
          code: 'PLUGIN_NOT_FOUND',
          message,
          hints: ['dbvault plugins install @dbvault/engine-oracle'],
          retryable: false,
        },
      })
    }
  })

  it('is a JSON document too for what cannot be parsed, and for an unknown command', async () => {
    const flag = await user.run(['backup', '--nope', '--json'])
    assert.equal((JSON.parse(flag.stdout) as { error: { code: string } }).error.code, 'USAGE')
    const command = await user.run(['bakcup', '--json'])
    assert.equal(command.exit, 2)
    assert.equal((JSON.parse(command.stdout) as { error: { code: string } }).error.code, 'USAGE')
    assert.match(command.stderr, /bakcup is not a dbvault command/)
  })

  it('is no JSON after --', async () => {
    const { stdout } = await user.run(['backup', '--nope', '--', '--json'])
    assert.equal(stdout, '')
  })
})
