import assert from 'node:assert/strict'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { differences } from '../../examples/differences.ts'
import { needs } from '../support/tools.ts'
import { Stranger } from './stranger.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/plugins', import.meta.url))
const SHOP = fileURLToPath(new URL('../../examples/shop.db', import.meta.url))
const FIXTURES = fileURLToPath(new URL('../fixtures/plugins', import.meta.url))
const SEPARATE = '@dbvault/engine-db2'

describe('dbvault, installed from a registry as a user would', function () {
  needs('a package registry')
  this.timeout(600_000)
  let stranger: Stranger
  let home: string

  before(async () => {
    stranger = await Stranger.create()
    home = stranger.home
  })
  after(() => stranger[Symbol.asyncDispose]())

  const succeeds = (program: string, ...args: readonly string[]): Promise<string> => stranger.succeeds(program, ...args)

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
    const used = await stranger.call('dbvault', ['backup', '--db', name, '-D', 'absent', '-o', 'none', '--json'])
    const { error } = JSON.parse(used.stdout) as { error: { code: string } }
    assert.equal(error.code === 'PLUGIN_NOT_FOUND', !listed, used.stdout)
    return listed
  }

  /** The folder of a plugin, as somebody would have it who develops it, with a version of its own. */
  async function checkedOut(name: string, version: string): Promise<string> {
    const folder = join(home, `checkout-${name.replaceAll('/', '-')}`)
    const packed = stranger.published.tarballs.find((one) => one.name === name)?.path
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
      if (whose === 'of a stranger') await stranger.registry.publish(await checkedOut(name, '0.1.0'))
      await plugins('install', name)
      await assertIs('0.1.0 (installed)')
      await stranger.registry.publish(await checkedOut(name, '0.1.1'))
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
      assert.equal((await stranger.call('dbvault', ['plugins', 'inspect', name])).code, 10)
    })
  }

  /** Builds a worked example where nothing but its own package.json says what it needs, publishes and installs it. */
  async function takeExample(name: string, least: number): Promise<void> {
    const folder = join(home, name)
    await cp(join(EXAMPLES, name), folder, { recursive: true })
    await stranger.succeedsIn(folder, 'npm', 'install')
    const asked = await stranger.succeedsIn(folder, 'npm', 'test')
    assert.match(asked, /fail 0$/m)
    assert.ok(Number(/pass (\d+)$/m.exec(asked)?.[1]) >= least, asked)
    await stranger.registry.publish(folder)
    await succeeds('dbvault', 'plugins', 'install', name)
  }

  it('has a worked example of an engine that passes every question outside of the workspace, and proves a backup', async () => {
    await takeExample('dbvault-engine-jsonl', 40)
    assert.equal(await knows('jsonl'), true)
    await mkdir(join(home, 'events'))
    await writeFile(join(home, 'events/a.jsonl'), '{"n":1}\n')
    await writeFile(join(home, 'events/notes.txt'), '')
    const argv = ['backup', '--db', 'jsonl', '-D', 'events', '-o', 'out']
    const refused = await stranger.call('dbvault', argv)
    assert.equal(refused.code, 4, refused.stderr)
    assert.match(refused.stderr, /"notes\.txt" would not be backed up/)
    assert.match(await succeeds('dbvault', ...argv, '--jsonl-ignore-others'), /proven by a restore: 1 file, 1 line/)
    await succeeds('dbvault', 'restore', '--newest', '-o', 'out', '-D', 'again')
    assert.equal(await readFile(join(home, 'again/a.jsonl'), 'utf8'), '{"n":1}\n')
  })

  it('gives an author a storage that passes every question, and that a stranger installs from a registry', async () => {
    await succeeds('dbvault', 'plugins', 'create', '@me/dbvault-storage-shelf', '--output', 'shelf')
    const folder = join(home, 'shelf')
    await stranger.succeedsIn(folder, 'npm', 'install')
    assert.match(await stranger.succeedsIn(folder, 'npm', 'test'), /fail 0$/m)
    await stranger.registry.publish(folder)
    await succeeds('dbvault', 'plugins', 'install', '@me/dbvault-storage-shelf')
    await cp(SHOP, join(home, 'shop.db'))
    const argv = ['backup', '--db', 'sqlite', '-D', 'shop.db', '--cloud', 'shelf', '--shelf-folder', 'cloud', '--json']
    const { backups } = JSON.parse(await succeeds('dbvault', ...argv)) as {
      backups: { status: string; locations: { address: string }[] }[]
    }
    assert.equal(backups[0]?.status, 'proven')
    await succeeds('dbvault', 'restore', String(backups[0].locations[0]?.address), '-D', 'again.db')
    assert.deepEqual(differences(SHOP, join(home, 'again.db')), [])
  })

  describe('the worked example of a storage', () => {
    needs('rclone')

    it('passes every question against a real server, from outside of the workspace, and is installed by a stranger', async () => {
      await takeExample('dbvault-storage-webdav', 40)
      assert.match(await succeeds('dbvault', 'backup', '--help'), /--webdav-url/)
    })
  })
})
