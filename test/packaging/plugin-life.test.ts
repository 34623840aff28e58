import assert from 'node:assert/strict'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { startRegistry, type TestRegistry } from '../servers/registry.ts'
import { needs } from '../support/tools.ts'
import { type Ended, Published, run } from './published.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/plugins', import.meta.url))
const FIXTURES = fileURLToPath(new URL('../fixtures/plugins', import.meta.url))
const SEPARATE = '@dbvault/engine-db2'

describe('dbvault, installed from a registry as a user would', function () {
  needs('a package registry')
  this.timeout(600_000)
  let published: Published
  let registry: TestRegistry
  let home: string

  before(async () => {
    ;[published, registry] = await Promise.all([Published.pack(), startRegistry()])
    for (const { path } of published.tarballs) await registry.publish(path)
    home = join(published.folder, 'home')
    await mkdir(home)
    await succeeds('npm', 'install', '--global', '--prefix', join(home, '.local'), 'dbvault')
  })
  after(async () => {
    await registry[Symbol.asyncDispose]()
    await published[Symbol.asyncDispose]()
  })

  function environment(): NodeJS.ProcessEnv {
    const path = [join(home, '.local/bin'), join(process.execPath, '..'), process.env['PATH']].join(delimiter)
    const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|DBVAULT_|XDG_|INIT_CWD$)/.test(name))
    return { ...Object.fromEntries(inherited), HOME: home, PATH: path, ...registry.environment }
  }

  const call = (program: string, args: readonly string[], cwd = home): Promise<Ended> =>
    run(program, args, { cwd, env: environment() })

  async function succeeds(program: string, ...args: readonly string[]): Promise<string> {
    return succeedsIn(home, program, ...args)
  }

  async function succeedsIn(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await call(program, args, cwd)
    assert.equal(code, 0, `${program} ${args.join(' ')}: ${stderr}\n${stdout}`)
    return stdout
  }

  /** What help, completion, parsing and the list say of an engine; they have to agree. */
  async function knows(name: string): Promise<boolean> {
    const help = await succeeds('dbvault', 'backup', '--help')
    const completion = await succeeds('dbvault', '__complete', 'zsh', 'backup', '--db', name)
    const { plugins } = JSON.parse(await succeeds('dbvault', 'plugins', '--json')) as {
      plugins: { selectedBy: string }[]
    }
    const listed = plugins.some(({ selectedBy }) => selectedBy === `--db=${name}`)
    assert.equal(help.includes(`--DB ${name.toUpperCase()} FLAGS`), listed)
    assert.equal(completion.includes(`\n${name}\t`), listed)
    const used = await call('dbvault', ['backup', '--db', name, '-D', 'absent', '-o', 'none', '--json'])
    const { error } = JSON.parse(used.stdout) as { error: { code: string } }
    assert.equal(error.code === 'PLUGIN_NOT_FOUND', !listed, used.stdout)
    return listed
  }

  /** The folder of a plugin, as somebody would have it who develops it, with a version of its own. */
  async function checkedOut(name: string, version: string): Promise<string> {
    const folder = join(home, `checkout-${name.replaceAll('/', '-')}`)
    const packed = published.tarballs.find((one) => one.name === name)?.path
    await mkdir(folder, { recursive: true })
    if (packed !== undefined) await succeeds('tar', '-xzf', packed, '-C', folder, '--strip-components=1')
    else await cp(join(FIXTURES, name), folder, { recursive: true })
    const pjson = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as object
    await writeFile(join(folder, 'package.json'), JSON.stringify({ ...pjson, version }))
    return folder
  }

  for (const [whose, name, engine] of [
    ['of its own', SEPARATE, 'db2'],
    ['of a stranger', 'dbvault-engine-lines', 'lines'],
  ] as const) {
    it(`knows a plugin ${whose} alike in help, parsing, completion and its list after each step of its life`, async () => {
      const plugins = (...words: readonly string[]): Promise<string> => succeeds('dbvault', 'plugins', ...words)
      async function assertIs(state: string): Promise<void> {
        assert.equal(await knows(engine), true)
        assert.ok((await plugins('inspect', name)).includes(`Package    ${name} ${state}\n`), state)
      }
      assert.equal(await knows(engine), false)
      if (whose === 'of a stranger') await registry.publish(await checkedOut(name, '0.1.0'))
      await plugins('install', name)
      await assertIs('0.1.0 (installed)')
      await registry.publish(await checkedOut(name, '0.1.1'))
      await plugins('update')
      await assertIs('0.1.1 (installed)')
      await plugins('uninstall', name)
      assert.equal(await knows(engine), false)
      await plugins('link', '--no-install', await checkedOut(name, '0.2.0'))
      await assertIs('0.2.0 (linked)')
      await plugins('unlink', name)
      assert.equal(await knows(engine), false)
      await plugins('install', `${name}@0.1.0`)
      await plugins('reset')
      assert.equal(await knows(engine), false)
      assert.equal((await call('dbvault', ['plugins', 'inspect', name])).code, 10)
    })
  }

  it('gives an author an engine that passes every question, can be linked at once, and proves a backup', async () => {
    await succeeds('dbvault', 'plugins', 'create', 'dbvault-engine-rows')
    const folder = join(home, 'dbvault-engine-rows')
    await succeedsIn(folder, 'npm', 'install')
    const asked = await succeedsIn(folder, 'npm', 'test')
    assert.match(asked, /fail 0$/m)
    assert.ok(Number(/pass (\d+)$/m.exec(asked)?.[1]) > 30, asked)
    await succeeds('dbvault', 'plugins', 'link', '--no-install', folder)
    assert.equal(await knows('rows'), true)
    await writeFile(join(home, 'rows.txt'), 'one\n#rows 1\n\nthree')
    await succeeds('dbvault', 'backup', '--db', 'rows', '-D', 'rows.txt', '-o', 'out', '--rows-skip-empty')
    await succeeds('dbvault', 'restore', '--newest', '-o', 'out', '-D', 'restored.txt')
    assert.equal(await readFile(join(home, 'restored.txt'), 'utf8'), 'one\n#rows 1\nthree\n')
  })

  it('gives an author a storage that passes every question, and that a stranger installs from a registry', async () => {
    await succeeds('dbvault', 'plugins', 'create', '@me/dbvault-storage-shelf', '--output', 'shelf')
    const folder = join(home, 'shelf')
    await succeedsIn(folder, 'npm', 'install')
    assert.match(await succeedsIn(folder, 'npm', 'test'), /fail 0$/m)
    await registry.publish(folder)
    await succeeds('dbvault', 'plugins', 'install', '@me/dbvault-storage-shelf')
    await writeFile(join(home, 'text.txt'), 'one\n')
    const { backups } = JSON.parse(
      await succeeds(
        'dbvault',
        'backup',
        '--db',
        'rows',
        '-D',
        'text.txt',
        '--cloud',
        'shelf',
        '--shelf-folder',
        'cloud',
        '--json',
      ),
    ) as { backups: { status: string; locations: { address: string }[] }[] }
    assert.equal(backups[0]?.status, 'proven')
    await succeeds('dbvault', 'restore', String(backups[0].locations[0]?.address), '-D', 'again.txt')
    assert.equal(await readFile(join(home, 'again.txt'), 'utf8'), 'one\n')
  })

  describe('the worked example of a storage', () => {
    needs('rclone')

    it('passes every question against a real server, from outside of the workspace, and is installed by a stranger', async () => {
      const folder = join(home, 'webdav')
      await cp(join(EXAMPLES, 'dbvault-storage-webdav'), folder, { recursive: true })
      await succeedsIn(folder, 'npm', 'install')
      const asked = await succeedsIn(folder, 'npm', 'test')
      assert.match(asked, /fail 0$/m)
      assert.ok(Number(/pass (\d+)$/m.exec(asked)?.[1]) >= 40, asked)
      await registry.publish(folder)
      await succeeds('dbvault', 'plugins', 'install', 'dbvault-storage-webdav')
      assert.match(await succeeds('dbvault', 'backup', '--help'), /--webdav-url/)
    })
  })
})
