import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { watch } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { userInfo } from 'node:os'
import { after, afterEach, before, describe, it } from 'mocha'
import { finished, User, type Finished } from '../../../test/cli/dbvault-process.ts'
import { startRegistry, type TestRegistry } from '../../../test/servers/registry.ts'
import { needs } from '../../../test/support/tools.ts'
import { StandIn } from './support/instance.ts'
import { archiving } from './support/shop.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

describe('dbvault with --db db2, installed from a registry', function () {
  needs('linux', 'a package registry')
  this.timeout(120_000)

  const instance = new StandIn()
  let registry: TestRegistry
  let user: User
  before(async () => {
    registry = await startRegistry()
    await registry.publish(PACKAGE)
    user = await User.create()
  })
  afterEach(() => instance.fail({}))
  after(async () => {
    await user[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
    instance[Symbol.dispose]()
  })

  const db2 = ['--db2-bin-dir', instance.binDir, '--db2-instance', userInfo().username]
  const login = ['-u', 'ann']
  const environment = (): Record<string, string> => ({
    ...registry.environment,
    DBVAULT_PASSWORD: instance.password,
    // Nothing of this may reach the programs.
    DB2OPTIONS: '+s +o',
    DB2DBDFT: 'OTHER',
  })
  const dbvault = (...argv: string[]): Promise<Finished> => user.run(argv, environment())
  async function succeeds(...argv: string[]): Promise<string> {
    const { exit, stdout, stderr } = await dbvault(...argv)
    assert.equal(exit, 0, stderr + stdout)
    assert.ok(!(stdout + stderr).includes(instance.password))
    return stdout
  }

  it('is not there before it is installed, and says how to get it', async () => {
    const { exit, stderr } = await dbvault('backup', '--db', 'db2', '-D', 'SHOP', '-o', 'out')
    assert.equal(exit, 10)
    assert.match(stderr, /dbvault plugins install @dbvault\/engine-db2/)
    await succeeds('plugins', 'install', '@dbvault/engine-db2')
    assert.match(await succeeds('backup', '--help'), /--db2-mode/)
  })

  it('backs up, proves, verifies and restores, and says with each backup what it has not met', async () => {
    const database = instance.create(archiving)
    const made = await dbvault('backup', '--db', 'db2', '-D', database, '-o', 'out', ...db2, ...login, '--json')
    assert.equal(made.exit, 0, made.stderr)
    const { backups } = JSON.parse(made.stdout) as { backups: { id: string; status: string; warnings?: string[] }[] }
    const [backup] = backups
    assert.equal(backup?.status, 'proven')
    assert.match(JSON.stringify(backup), /has not met a live Db2 server/)
    assert.match(made.stderr, /has not met a live Db2 server/)

    await succeeds('verify', backup.id, '-o', 'out', ...db2)
    const restore = ['restore', '--newest', '--db', 'db2', '-o', 'out', ...db2, ...login, '-D', 'COPY']
    assert.match(
      await succeeds(...restore),
      /COPY of the instance \w+ \(equal to what was dumped: 3 tables, 9,003 rows/,
    )
    assert.equal(instance.content('COPY'), instance.content(database))
    assert.equal((await dbvault(...restore)).exit, 8)
    await succeeds(...restore, '--replace')
  })

  it('stores a tar that others can read', async () => {
    const names = await readdir(user.path('out', 'db2'))
    const artifact = user.path('out', 'db2', String(names.find((name) => name.endsWith('.tar.gz'))))
    const { status, stdout } = spawnSync('tar', ['-tzf', artifact], { encoding: 'utf8' })
    assert.equal(status, 0)
    assert.match(
      stdout,
      /^dbvault-db2-index\.json\n1\/SHOP\d+\.0\.\w+\.DBPART000\.\d{14}\.001\ndbvault-db2-digests\.json\n$/,
    )
  })

  it('refuses a wrong password without a word of it', async () => {
    const argv = ['backup', '--db', 'db2', '-D', instance.create(), '-o', 'refused', ...db2, ...login]
    const { exit, stdout, stderr } = await user.run(argv, { ...environment(), DBVAULT_PASSWORD: 'the-canary' })
    assert.notEqual(exit, 0)
    assert.match(stderr, /user and password were not accepted \(SQL30082N/)
    assert.ok(!(stdout + stderr).includes('the-canary'))
  })

  it('leaves nothing when it is stopped while the server writes', async () => {
    const database = instance.create(archiving)
    instance.fail({ BACKUP: { hang: true } })
    const hanging = new Promise<string>((resolve) => {
      const watching = watch(instance.state.directory, (_, name) => {
        if (name !== 'hanging') return
        watching.close()
        resolve(name)
      })
    })
    const child = user.start(
      ['backup', '--db', 'db2', '-D', database, '-o', 'stopped', ...db2, ...login, '--temp-dir', user.home],
      environment(),
    )
    const end = finished(child)
    await hanging
    child.kill('SIGINT')
    assert.equal((await end).exit, 130)
    const pid = Number(await readFile(join(instance.state.directory, 'hanging'), 'utf8'))
    assert.ok(pid > 0)
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
    assert.deepEqual(
      (await readdir(user.home)).filter((name) => name.startsWith('dbvault-')),
      [],
    )
    assert.deepEqual(await readdir(user.path('stopped'), { recursive: true }).catch(() => []), [])
  })
})
