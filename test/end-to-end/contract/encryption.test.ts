import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { rowsIn, Vault } from '../../support/vault.ts'
import { needs } from '../../support/tools.ts'

const SHOP = ['backup', '--db', 'sqlite', '-D', 'shop.db']
const BACKUP = [...SHOP, '-o', 'backups']

describe('encryption on the command line', () => {
  needs('age')

  let vault: Vault
  let key = ''
  const recipients: string[] = []
  before(async () => {
    vault = await Vault.create()
    await vault.run(['keygen', '-s', 'vault.key'])
    key = (await readFile(vault.path('vault.key'), 'utf8')).trim()
    for (const name of ['alice', 'bob']) {
      const { recipient } = await vault.json(['keygen', '--age', '-s', `${name}.txt`])
      recipients.push(String(recipient))
    }
  })
  after(() => vault[Symbol.asyncDispose]())

  async function encryptionOf(argv: readonly string[], environment = {}): Promise<unknown> {
    const { exit, backups, error } = await vault.json([...BACKUP, ...argv], environment)
    assert.equal(exit, 0, error?.message)
    return (backups[0]?.['artifact'] as { encryption?: string } | undefined)?.encryption
  }

  it('is implied by -k, --key-file and -r, and not by DBVAULT_KEY alone', async () => {
    assert.equal(await encryptionOf([]), 'none')
    assert.equal(await encryptionOf([], { DBVAULT_KEY: key }), 'none')
    assert.equal(await encryptionOf(['-k', key]), 'fernet')
    assert.equal(await encryptionOf(['--key-file', 'vault.key']), 'fernet')
    assert.equal(await encryptionOf(['-r', recipients[0] ?? '']), 'age')
    assert.equal(await encryptionOf(['-e'], { DBVAULT_KEY: key }), 'fernet')
  })

  it('of both kinds at once is refused with exit code 2', async () => {
    for (const both of [
      ['-k', key],
      ['--key-file', 'vault.key'],
      ['--save-key', 'x.key'],
    ]) {
      const { exit, error } = await vault.json([...BACKUP, '-r', recipients[0] ?? '', ...both])
      assert.deepEqual([exit, error?.code], [2, 'USAGE'])
    }
  })

  it('with a malformed key or recipient is refused before anything is contacted or made', async () => {
    await writeFile(vault.path('short.key'), key.slice(0, 30))
    for (const bad of [
      ['-k', 'hunter2'],
      ['-k', key.slice(1)],
      ['-k', `${key}A`],
      ['--key-file', 'short.key'],
      ['-r', 'age1nonsense'],
    ]) {
      const argv = ['backup', '--db', 'sqlite', '-D', 'not-there.db', '-o', 'never', ...bad]
      const { exit, error } = await vault.json(argv)
      assert.deepEqual([exit, error?.code], [2, 'KEY_INVALID'], bad.join(' '))
      assert.ok(!JSON.stringify(error).includes(bad[1] ?? ''), 'the key is quoted')
    }
    const { exit } = await vault.json([...SHOP, '-o', 'never', '-e'], { DBVAULT_KEY: 'hunter2' })
    assert.equal(exit, 2)
    await assert.rejects(stat(vault.path('never')), { code: 'ENOENT' })
  })

  it('with a key file that does not exist is refused, naming it', async () => {
    const { exit, error } = await vault.json([...BACKUP, '--key-file', 'absent.key'])
    assert.equal(exit, 2)
    assert.match(error?.message ?? '', /absent\.key of --key-file does not exist/)
  })

  it('without a key makes one, and shows it once on stderr also with --quiet; it opens the backup', async () => {
    for (const quiet of [[], ['--quiet']]) {
      const { exit, stdout, stderr } = await vault.run([...BACKUP, '-e', ...quiet])
      assert.equal(exit, 0, stderr)
      const shown = stderr.match(/[A-Za-z0-9_-]{43}=/g) ?? []
      assert.equal(shown.length, 1)
      assert.ok(!stdout.includes(shown[0] ?? ''))
      const artifact = new URL(/file:\S+/.exec(stdout)?.[0] ?? '').pathname
      assert.ok(!(await readFile(`${artifact}.json`, 'utf8')).includes(shown[0] ?? ''))
      const restored = `with${quiet.join('')}.db`
      const restoring = await vault.run(['restore', artifact, '-D', restored], { DBVAULT_KEY: shown[0] ?? '' })
      assert.equal(restoring.exit, 0, restoring.stderr)
      assert.equal(rowsIn(vault.path(restored)), 200)
    }
  })

  it('repeats a key that was made in JSON, and not where it was saved', async () => {
    const shown = await vault.run([...BACKUP, '-e', '--json'])
    const { key: repeated } = JSON.parse(shown.stdout) as { key: string }
    assert.ok(shown.stderr.includes(repeated))
    const saved = await vault.run([...BACKUP, '-e', '--json', '--save-key', 'made.key'])
    const made = (await readFile(vault.path('made.key'), 'utf8')).trim()
    assert.equal((await stat(vault.path('made.key'))).mode & 0o777, 0o600)
    assert.match(made, /^[A-Za-z0-9_-]{43}=$/)
    assert.ok(!(saved.stdout + saved.stderr).includes(made))
    const { address } = (JSON.parse(saved.stdout) as { backups: { locations: { address: string }[] }[] }).backups[0]
      ?.locations[0] ?? { address: '' }
    const verified = await vault.json(['verify', address, '--key-file', 'made.key'])
    assert.equal(verified.exit, 0)
  })

  it('never overwrites a key file, and finds that out before the dump', async () => {
    for (const argv of [
      ['keygen', '-s', 'vault.key'],
      ['keygen', '--age', '-s', 'vault.key'],
      [...SHOP, '-o', 'never', '-e', '--save-key', 'vault.key'],
    ]) {
      const { exit, error } = await vault.json(argv)
      assert.deepEqual([exit, error?.code], [8, 'OBJECT_EXISTS'])
    }
    assert.equal((await readFile(vault.path('vault.key'), 'utf8')).trim(), key)
    await assert.rejects(stat(vault.path('never')), { code: 'ENOENT' })
  })

  it('to two recipients is opened by either identity, and by the age program', async () => {
    const to = recipients.flatMap((recipient) => ['-r', recipient])
    const { artifact } = await vault.backUp(...to)
    assert.match(artifact, /\.db\.gz\.age$/)
    for (const name of ['alice', 'bob']) {
      const identity = ['-i', `${name}.txt`]
      assert.equal((await vault.json(['verify', artifact, ...identity])).exit, 0)
      assert.equal((await vault.json(['restore', artifact, '-D', `${name}.db`, ...identity])).exit, 0)
      assert.equal(rowsIn(vault.path(`${name}.db`)), 200)
      const decrypted = await vault.json(['decrypt', '-f', artifact, ...identity, '-o', `${name}.gz`])
      assert.equal(decrypted.exit, 0)
      const plain = execFileSync('age', ['-d', '-i', vault.path(`${name}.txt`), artifact])
      assert.deepEqual(await readFile(vault.path(`${name}.gz`)), plain)
    }
    const stranger = await vault.json(['keygen', '--age', '-s', 'stranger.txt'])
    assert.equal(stranger.exit, 0)
    for (const argv of [
      ['verify', artifact],
      ['restore', artifact, '-D', 'stranger.db'],
      ['decrypt', '-f', artifact, '-o', 'stranger.gz'],
    ]) {
      const { exit, ...document } = await vault.json([...argv, '-i', 'stranger.txt'])
      const error = document.error ?? document.backups[0]?.error
      assert.deepEqual([exit, error?.code], [7, 'KEY_WRONG'], argv[0])
    }
    assert.deepEqual(await vault.files('.').then((names) => names.filter((name) => name.startsWith('stranger.'))), [
      'stranger.txt',
    ])
  })
})
