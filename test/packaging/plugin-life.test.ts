import assert from 'node:assert/strict'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { startRegistry, type TestRegistry } from '../servers/registry.ts'
import { needs } from '../support/tools.ts'
import { type Ended, Published, run } from './published.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/plugins', import.meta.url))
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

  /** What help, completion and the list say of an engine; they have to agree. */
  async function knows(name: string): Promise<boolean> {
    const help = await succeeds('dbvault', 'backup', '--help')
    const completion = await succeeds('dbvault', '__complete', 'zsh', 'backup', '--db', name)
    const { plugins } = JSON.parse(await succeeds('dbvault', 'plugins', '--json')) as {
      plugins: { selectedBy: string }[]
    }
    const listed = plugins.some(({ selectedBy }) => selectedBy === `--db=${name}`)
    assert.equal(help.includes(`--DB ${name.toUpperCase()} FLAGS`), listed)
    assert.equal(completion.includes(`\n${name}\t`), listed)
    return listed
  }

  it('has the engine that comes separately once that is installed, and no longer once it is not', async () => {
    assert.equal(await knows('db2'), false)
    await succeeds('dbvault', 'plugins', 'install', SEPARATE)
    assert.equal(await knows('db2'), true)
    await succeeds('dbvault', 'plugins', 'uninstall', SEPARATE)
    assert.equal(await knows('db2'), false)
  })

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
