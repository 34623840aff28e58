import assert from 'node:assert/strict'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { startRegistry, type TestRegistry } from '../servers/registry.ts'
import { Terminal } from '../support/terminal.ts'
import { needs } from '../support/tools.ts'
import { type Environment, type Finished, User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'
/** Known to dbvault, and not bundled with it. */
const SEPARATE = '@dbvault/engine-db2'

describe('plugins, from a registry', function () {
  needs('a package registry')
  this.timeout(120_000)
  let registry: TestRegistry
  let user: User

  before(async () => {
    registry = await startRegistry()
    await using author = await User.create()
    const publish = async (version: string, tag: string, fields: object = {}, dbvault: object = {}): Promise<void> => {
      await registry.publish(
        await author.copy(LINES, { 'package.json': await packageJson({ version, ...fields }, dbvault) }),
        tag,
      )
    }
    await publish('1.0.0', 'latest')
    await publish('1.1.0', 'next')
    await publish('2.0.0', 'future', {}, { contract: 99 })
    await publish('3.0.0', 'bare', { dbvault: undefined })
    await publish('1.0.0', 'latest', { name: 'dbvault-engine-rival' })
    await publish('1.0.0', 'latest', { name: SEPARATE }, { name: 'db2' })
  })
  after(() => registry[Symbol.asyncDispose]())

  beforeEach(async () => {
    user = await User.create()
  })
  afterEach(() => user[Symbol.asyncDispose]())

  const dbvault = (argv: readonly string[], environment: Environment = {}): Promise<Finished> =>
    user.run(argv, { ...registry.environment, ...environment })

  async function succeeds(...argv: readonly string[]): Promise<string> {
    const { exit, stdout, stderr } = await dbvault(argv)
    assert.equal(exit, 0, stderr)
    return stdout
  }

  /** The version of the plugin that help, parsing and `plugins` agree on; undefined where none is installed. */
  async function installedVersion(): Promise<string | undefined> {
    const { plugins } = JSON.parse(await succeeds('plugins', '--json')) as {
      plugins: { package: string; version: string }[]
    }
    const version = plugins.find((plugin) => plugin.package === LINES)?.version
    assert.equal(/--lines-width/.test(await succeeds('backup', '--help')), version !== undefined)
    await writeFile(user.path('rows.txt'), 'one\ntwo\n')
    const { exit } = await dbvault(['backup', '--db', 'lines', '-D', 'rows.txt', '-o', 'out', '--json'])
    assert.equal(exit, version === undefined ? 10 : 0)
    return version
  }

  it('are installed, updated and uninstalled, and help, parsing and the list agree after each step', async () => {
    assert.equal(await installedVersion(), undefined)
    await succeeds('plugins', 'install', LINES)
    assert.equal(await installedVersion(), '1.0.0')
    assert.match(
      await succeeds('plugins', 'inspect', 'lines'),
      /^Package +dbvault-engine-lines 1\.0\.0 \(installed\)$/m,
    )
    await succeeds('plugins', 'install', `${LINES}@next`)
    assert.equal(await installedVersion(), '1.1.0')
    await succeeds('plugins', 'install', `${LINES}@1.0.0`)
    await succeeds('plugins', 'update')
    assert.equal(await installedVersion(), '1.0.0')
    await succeeds('plugins', 'uninstall', LINES)
    assert.equal(await installedVersion(), undefined)
  })

  it('are installed from a tarball, and all removed by reset', async () => {
    const tarball = await fetch(`${registry.url}${LINES}/-/${LINES}-1.0.0.tgz`)
    await writeFile(user.path('plugin.tgz'), Buffer.from(await tarball.arrayBuffer()))
    await succeeds('plugins', 'install', `file:${user.path('plugin.tgz')}`)
    assert.equal(await installedVersion(), '1.0.0')
    await succeeds('plugins', 'reset')
    assert.equal(await installedVersion(), undefined)
  })

  for (const [what, spec, code, message] of [
    ['of a version that there is not', `${LINES}@9.9.9`, 'PLUGIN_NOT_FOUND', /has no such version/],
    [
      'of a newer contract',
      `${LINES}@future`,
      'PLUGIN_INVALID',
      /"dbvault.contract" is 99; this dbvault speaks contract 1/,
    ],
    ['that is no plugin of dbvault', `${LINES}@bare`, 'PLUGIN_INVALID', /it has no "dbvault" field/],
    [
      'that clashes with one that is installed',
      'dbvault-engine-rival',
      'PLUGIN_INVALID',
      /already provides the engine/,
    ],
    ['that is not there', 'dbvault-engine-nowhere', 'PLUGIN_NOT_FOUND', /no such package/],
  ] as const) {
    it(`refuse a package ${what}, and the installed one stays`, async () => {
      await succeeds('plugins', 'install', LINES)
      const { exit, stdout } = await dbvault(['plugins', 'install', spec, '--json'])
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
      assert.equal(exit, 10)
      assert.equal(error.code, code)
      assert.match(error.message, /^No plugin was changed: /)
      assert.match(error.message, message)
      assert.equal(await installedVersion(), '1.0.0')
    })
  }

  for (const [what, environment] of [
    ['does not answer', { npm_config_registry: 'http://127.0.0.1:1/' }],
    ['has a name that nobody knows', { npm_config_registry: 'http://registry.invalid/' }],
    ['is behind a proxy that does not answer', { npm_config_proxy: 'http://127.0.0.1:1/' }],
    ['must not be asked', { npm_config_offline: 'true' }],
  ] as const) {
    it(`say that the registry cannot be reached when it ${what}`, async () => {
      const { exit, stderr } = await dbvault(['plugins', 'install', LINES], {
        npm_config_cache: user.path('empty-cache'),
        npm_config_fetch_retries: '0',
        ...environment,
      })
      assert.equal(exit, 10)
      assert.match(stderr, /No plugin was changed: the package registry cannot be reached/)
      assert.doesNotMatch(stderr, /npm-cli|DEBUG=/)
      assert.equal(await installedVersion(), undefined)
    })
  }

  it('are offered to a person who uses a known one that is not installed, and the command goes on', async () => {
    await writeFile(user.path('rows.txt'), 'one\ntwo\n')
    const argv = ['backup', '--db', 'db2', '-D', 'rows.txt', '-o', 'out', '--db2-width', '80']
    const declined = Terminal.start(argv, user.home, registry.environment)
    await declined.until('Install it now, and go on?')
    declined.type('n\r')
    await declined.until('plugins install @dbvault/engine-db2')
    assert.equal(await declined.exit, 10)
    const accepted = Terminal.start(argv, user.home, registry.environment)
    await accepted.until('Install it now, and go on?')
    accepted.type('y\r')
    await accepted.until('proven by a restore: 2 lines')
    assert.equal(await accepted.exit, 0)
  })

  it('are named with the command that installs them where there is nobody to ask', async () => {
    const { exit, stdout, stderr } = await dbvault([
      'backup',
      '--db',
      'db2',
      '--db2-width',
      '80',
      '-D',
      'x',
      '-o',
      'out',
    ])
    assert.deepEqual([exit, stdout], [10, ''])
    assert.match(
      stderr,
      /^Error: --db=db2 is not provided by any installed plugin .*\n {2}→ dbvault plugins install @dbvault\/engine-db2\n$/,
    )
  })

  it('leave nothing beside their folder, whatever happens', async () => {
    await succeeds('plugins', 'install', LINES)
    await dbvault(['plugins', 'install', `${LINES}@9.9.9`])
    await dbvault(['plugins', 'link', user.path('nowhere')])
    await succeeds('plugins', 'uninstall', LINES)
    assert.deepEqual(await readdir(user.path('data')), ['dbvault'])
  })

  it('are not changed by two runs at once: the second is told so', async () => {
    const runs = await Promise.all([LINES, 'dbvault-engine-rival'].map((name) => dbvault(['plugins', 'install', name])))
    const exits = runs.map(({ exit }) => exit)
    assert.ok(exits.includes(0) && (exits.includes(11) || exits.includes(10)), JSON.stringify(runs))
    const { plugins } = JSON.parse(await succeeds('plugins', '--json')) as { plugins: { selectedBy: string }[] }
    assert.equal(plugins.filter(({ selectedBy }) => selectedBy === '--db=lines').length, 1)
  })

  it('survive a run that was killed in mid-change', async () => {
    await succeeds('plugins', 'install', LINES)
    const child = user.start(['plugins', 'install', `${LINES}@next`], { ...registry.environment })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    while (!(await readdir(user.path('data'))).some((name) => name.includes('.next-'))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.kill('SIGKILL')
    await gone
    assert.equal(await installedVersion(), '1.0.0')
    await succeeds('plugins', 'install', `${LINES}@next`)
    assert.equal(await installedVersion(), '1.1.0')
    assert.deepEqual(await readdir(user.path('data')), ['dbvault'])
  })

  it('put the folder back that a killed swap had set aside', async () => {
    await succeeds('plugins', 'install', LINES)
    await rename(user.path('data/dbvault'), user.path('data/dbvault.previous'))
    await succeeds('plugins', 'update')
    assert.equal(await installedVersion(), '1.0.0')
  })
})

async function packageJson(fields: object, dbvault: object): Promise<string> {
  const file = new URL(`../fixtures/plugins/${LINES}/package.json`, import.meta.url)
  const pjson = JSON.parse(await readFile(file, 'utf8')) as { dbvault: object }
  return JSON.stringify({ ...pjson, dbvault: { ...pjson.dbvault, ...dbvault }, ...fields })
}
