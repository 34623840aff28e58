import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { type Finished, User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'

describe('the commands that change plugins', () => {
  let user: User
  let root: string
  before(async () => {
    user = await User.create()
    root = await user.copy(LINES)
  })
  after(() => user[Symbol.asyncDispose]())

  /** npm is never asked: there is no registry at that port. */
  const dbvault = (...argv: readonly string[]): Promise<Finished> =>
    user.run(['plugins', ...argv], { npm_config_registry: 'http://127.0.0.1:1/', npm_config_fetch_retries: '0' })

  const wrong: readonly (readonly [argv: readonly string[], exit: number, message: RegExp])[] = [
    [['install'], 2, /missing argument PLUGIN\n {2}→ dbvault plugins install --help/],
    [['install', ''], 2, /"" is not the name of a package/],
    [['install', 'No Name'], 2, /"No Name" is not the name of a package/],
    [['install', 'dbvault'], 2, /dbvault is no plugin of its own/],
    [['install', './nowhere'], 2, /there is no \/.*\/nowhere\n/],
    [['install', 'file:nowhere.tgz'], 2, /there is no \/.*\/nowhere\.tgz\n/],
    [['install', '--unknown', 'x'], 2, /unknown flag --unknown/],
    [['uninstall'], 2, /missing argument PLUGIN/],
    [['uninstall', 'nothing'], 10, /no plugin called nothing is installed\n {2}→ dbvault plugins names/],
    [['uninstall', 'sqlite'], 2, /@dbvault\/engine-sqlite comes with dbvault, and stays/],
    [['link', 'nowhere'], 10, /there is no package\.json in/],
    [['inspect'], 2, /missing argument PLUGIN/],
    [['inspect', 'nothing'], 10, /no plugin called nothing is installed/],
    [['create', 'foo'], 2, /foo is not the name of a plugin's package/],
  ]
  for (const [argv, exit, message] of wrong) {
    it(`say what is wrong with "plugins ${argv.join(' ')}", and change nothing`, async () => {
      const found = await dbvault(...argv)
      assert.deepEqual([found.exit, found.stdout], [exit, ''], found.stderr)
      assert.match(found.stderr, message)
      assert.doesNotMatch(found.stderr, /DEBUG|oclif/)
      if (existsSync(user.path('data'))) assert.deepEqual(await readdir(user.path('data')), [])
    })
  }

  it('take the path of a plugin, from where they are called, and the name of its engine', async () => {
    const path = `./${root.slice(user.home.length + 1)}`
    assert.equal((await dbvault('install', path)).exit, 0)
    assert.match((await dbvault('list')).stdout, /--db=lines .* installed$/m)
    assert.equal((await dbvault('uninstall', 'lines')).exit, 0)
    assert.doesNotMatch((await dbvault('list')).stdout, /lines/)
  })

  it('remove also an install of a bundled plugin that is broken and not used', async () => {
    const fields = { oclif: {}, version: '1.0.0', dbvault: { contract: 99 } }
    await dbvault('link', '--no-install', root)
    await user.plant(LINES, { 'package.json': JSON.stringify({ ...fields, name: '@dbvault/engine-sqlite' }) })
    const { exit, stderr } = await dbvault('uninstall', 'sqlite')
    assert.equal(exit, 0, stderr)
    assert.doesNotMatch((await dbvault('list')).stderr, /contract/)
  })

  it('say where they cannot write, and where else plugins can be kept', async () => {
    await writeFile(user.path('a-file'), '')
    const argv = ['plugins', 'link', '--no-install', root]
    const refused = await user.run(argv, { XDG_DATA_HOME: user.path('a-file', 'data') })
    assert.equal(refused.exit, 6)
    assert.match(
      refused.stderr,
      /^Error: No plugin was changed: Cannot write to .*a-file\/data: a part of the path is not a directory\n/m,
    )
    const other = { XDG_DATA_HOME: user.path('a-file', 'data'), DBVAULT_DATA_DIR: user.path('other', 'place') }
    assert.match(refused.stderr, /DBVAULT_DATA_DIR/)
    assert.equal((await user.run(argv, other)).exit, 0)
    assert.match((await user.run(['plugins'], other)).stdout, /--db=lines/)
    assert.ok(existsSync(join(user.home, 'other', 'place', 'package.json')))
  })
})
