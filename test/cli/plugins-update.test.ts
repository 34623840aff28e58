import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { startRegistry, type TestRegistry } from '../servers/registry.ts'
import { needs } from '../support/tools.ts'
import { type Environment, finished, type Finished, User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'

interface Version {
  readonly fields?: object
  readonly descriptor?: object
  readonly code?: (sound: string) => string
}

describe('an update of plugins', function () {
  needs('a package registry')
  this.timeout(120_000)
  let registry: TestRegistry
  let author: User
  let user: User
  let packages = 0

  before(async () => {
    ;[registry, author] = await Promise.all([startRegistry(), User.create()])
  })
  after(async () => {
    await registry[Symbol.asyncDispose]()
    await author[Symbol.asyncDispose]()
  })
  beforeEach(async () => void (user = await User.create()))
  afterEach(() => user[Symbol.asyncDispose]())

  const dbvault = (argv: readonly string[], environment: Environment = {}): Promise<Finished> =>
    user.run(argv, { ...registry.environment, ...environment })

  async function publish(
    name: string,
    version: string,
    { fields = {}, descriptor = {}, code }: Version = {},
  ): Promise<void> {
    const root = await author.copy(LINES)
    const pjson = JSON.parse(await readFile(`${root}/package.json`, 'utf8')) as { dbvault: object }
    const dbvaultField = { ...pjson.dbvault, ...descriptor }
    await writeFile(
      `${root}/package.json`,
      JSON.stringify({ ...pjson, name, version, dbvault: dbvaultField, ...fields }),
    )
    if (code) await writeFile(`${root}/index.js`, code(await readFile(`${root}/index.js`, 'utf8')))
    await registry.publish(root)
  }

  /** A new package of which the first version is installed. */
  async function installed(): Promise<string> {
    const name = `dbvault-engine-lines-${(packages += 1)}`
    await publish(name, '1.0.0')
    const { exit, stderr } = await dbvault(['plugins', 'install', name])
    assert.equal(exit, 0, stderr)
    return name
  }

  /** Of the package that takes a backup, which is asked to. */
  async function versionAtWork(name: string): Promise<string | undefined> {
    await writeFile(user.path('rows.txt'), 'one\ntwo\n')
    const backup = await dbvault(['backup', '--db', 'lines', '-D', 'rows.txt', '-o', 'out', '--json'])
    assert.equal(backup.exit, 0, backup.stderr)
    assert.match(backup.stdout, /"status": "proven"/)
    assert.deepEqual(await readdir(user.path('data')), ['dbvault'])
    const { stdout } = await dbvault(['plugins', '--json'])
    const { plugins } = JSON.parse(stdout) as { plugins: { package: string; version: string }[] }
    return plugins.find((plugin) => plugin.package === name)?.version
  }

  async function refused(environment: Environment = {}): Promise<{ code: string; message: string; hints: string[] }> {
    const { exit, stdout } = await dbvault(['plugins', 'update', '--json'], environment)
    assert.equal(exit, 10)
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hints: string[] } }
    assert.match(error.message, /^No plugin was changed: /)
    assert.ok(error.hints.length > 0)
    return error
  }

  it('brings the newer version', async () => {
    const name = await installed()
    await publish(name, '1.1.0')
    assert.equal((await dbvault(['plugins', 'update'])).exit, 0)
    assert.equal(await versionAtWork(name), '1.1.0')
  })

  it('keeps the version that was installed, and it works, when the registry has gone', async () => {
    const name = await installed()
    const { code, message } = await refused({
      npm_config_registry: 'http://127.0.0.1:1/',
      npm_config_cache: user.path('empty-cache'),
      npm_config_fetch_retries: '0',
    })
    assert.equal(code, 'PLUGIN_NOT_FOUND')
    assert.match(message, /the package registry cannot be reached/)
    assert.equal(await versionAtWork(name), '1.0.0')
  })

  const bad: readonly (readonly [what: string, version: Version, message: RegExp])[] = [
    [
      'speaks a newer contract',
      { descriptor: { contract: 2 } },
      /"dbvault.contract" is 2; this dbvault speaks contract 1/,
    ],
    ['is no plugin any more', { fields: { dbvault: undefined } }, /it has no "dbvault" field/],
    [
      'throws when it is loaded',
      { code: () => 'throw new Error("boo")' },
      /version 1\.1\.0 cannot be used: its module \.\/index\.js cannot be loaded: boo/,
    ],
    [
      'lacks a file',
      { code: () => 'export { default } from "./not-there.js"' },
      /a file or a dependency of it is missing/,
    ],
    ['ends the process', { code: (sound) => `process.exit(0)\n${sound}` }, /it called process\.exit/],
    [
      'ends the process by force',
      { code: (sound) => `process.kill(process.pid, "SIGKILL")\n${sound}` },
      /or ends the process/,
    ],
    ['lacks a method', { code: (sound) => sound.replace('async prove(', 'async proof(') }, /has no method "prove"/],
    ['lacks a dependency that there is', { fields: { dependencies: { 'dbvault-not-there': '1' } } }, /no such package/],
    ['has a script that fails', { fields: { scripts: { postinstall: 'exit 3' } } }, /a script of the package.* failed/],
  ]
  for (const [what, version, message] of bad) {
    it(`keeps the version that was installed, and it works, when the newer one ${what}`, async () => {
      const name = await installed()
      await publish(name, '1.1.0', version)
      const error = await refused()
      assert.match(error.message, message)
      assert.equal(await versionAtWork(name), '1.0.0')
    })
  }

  it('says how to stay with a version, after which the others are updated', async () => {
    const name = await installed()
    await publish(name, '1.1.0', { code: () => 'throw new Error("boo")' })
    const other = `dbvault-engine-lines-${(packages += 1)}`
    await publish(other, '1.0.0', { descriptor: { name: 'rows' } })
    assert.equal((await dbvault(['plugins', 'install', other])).exit, 0)
    await publish(other, '1.1.0', { descriptor: { name: 'rows' } })
    const { hints } = await refused()
    const [, pin = ''] = /^dbvault (plugins install \S+@1\.0\.0) /.exec(hints[1] ?? '') ?? []
    assert.equal((await dbvault(pin.split(' '))).exit, 0)
    assert.equal((await dbvault(['plugins', 'update'])).exit, 0)
    assert.deepEqual([await versionAtWork(name), await versionAtWork(other)], ['1.0.0', '1.1.0'])
  })

  it('keeps both versions that were installed when the newer one of one clashes with the other', async () => {
    const name = await installed()
    const other = `dbvault-engine-lines-${(packages += 1)}`
    await publish(other, '1.0.0', { descriptor: { name: 'rows' } })
    assert.equal((await dbvault(['plugins', 'install', other])).exit, 0)
    await publish(other, '1.1.0')
    await publish(name, '1.1.0')
    const { message } = await refused()
    assert.match(message, /is "lines", and dbvault-engine-lines-\d+ already provides the engine of that name/)
    assert.equal(await versionAtWork(name), '1.0.0')
    assert.equal(await versionAtWork(other), '1.0.0')
  })

  for (const [signal, exit] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`that ${signal} ends changes nothing, says so, leaves nothing, and ends with ${exit}`, async () => {
      const name = await installed()
      await publish(name, '1.1.0')
      const child = user.start(['plugins', 'update', '--json'], { ...registry.environment })
      const end = finished(child)
      while (!(await readdir(user.path('data'))).some((one) => one.includes('.next-'))) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      child.kill(signal)
      const result = await end
      assert.equal(result.exit, exit, result.stderr)
      assert.match(result.stderr, /Error: No plugin was changed: (interrupted|terminated)/)
      assert.equal((JSON.parse(result.stdout) as { ok: boolean }).ok, false)
      assert.equal(await versionAtWork(name), '1.0.0')
    })
  }
})
