import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { finished } from '../../cli/dbvault-process.ts'
import { rowsIn, Vault } from '../../support/vault.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))
const MANIFEST = new URL('../../../oclif.manifest.json', import.meta.url)
const SHOP = ['backup', '--db', 'sqlite', '-D', 'shop.db']
const BACKUP = [...SHOP, '-o', 'backups']

/** No variable stands for these: they aim, replace, or only choose among what is stored. */
const ARGV_ONLY: Readonly<Record<string, readonly string[]>> = {
  restore: [
    'host',
    'port',
    'user',
    'url',
    'database',
    'replace',
    'yes',
    'newest',
    'db',
    'from-database',
    'ignore-manifest',
  ],
  verify: ['all', 'newest', 'sample', 'db', 'from-database', 'ignore-manifest'],
  list: ['db', 'database'],
  copy: ['all'],
  decrypt: ['output'],
}

interface CommandManifest {
  readonly flags: Readonly<Record<string, { readonly env?: string; readonly helpHidden?: boolean }>>
}

describe('the command line', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
  })
  after(() => vault[Symbol.asyncDispose]())

  it('names all that is missing in one error, with exit code 2', async () => {
    const { exit, error } = await vault.json(['backup'])
    assert.equal(exit, 2)
    assert.match(error?.message ?? '', /^Missing: --db \(one of: .*sqlite\); --database .*; --output .*--cloud$/)
  })

  const wrong: readonly (readonly [what: string, argv: readonly string[], exit: number, message: RegExp])[] = [
    ['an engine that is not installed', ['backup', '--db', 'oracle', '-D', 'x', '-o', 'never'], 10, /oracle/],
    ['a cloud that is not installed', [...BACKUP, '-c', 'moon'], 10, /moon/],
    ['an address of an unknown kind', ['list', 'moon://crater'], 10, /moon/],
    [
      'a setting that the engine does not have',
      [...BACKUP, '--host', 'db.example'],
      2,
      /--host does not apply to --db=sqlite/,
    ],
    ['a password for an engine without any', [...BACKUP, '--password-file', 'p'], 2, /--password-file does not apply/],
    ['an unknown flag', [...BACKUP, '--frobnicate'], 2, /--frobnicate/],
    ['a surplus argument', [...BACKUP, 'shop'], 2, /shop/],
    [
      'a level that gzip has not',
      [...BACKUP, '--level', '10'],
      2,
      /--level 10 is not a level of gzip, which has 1 to 9/,
    ],
    ['a level that no compression has', [...BACKUP, '--level', '23'], 2, /--level/],
    ['a label without a value', [...BACKUP, '--label', 'x'], 2, /--label x is not of the form key=value/],
    ['a rate that is none', [...BACKUP, '--limit-rate', 'fast'], 2, /--limit-rate/],
    ['a time that is none', [...BACKUP, '--timeout', 'soon'], 2, /--timeout/],
    ['an unknown way to prove', [...BACKUP, '--prove', 'hope'], 2, /--prove/],
    ['an empty value', ['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', ''], 2, /--output/],
    [
      'a temporary directory that does not exist',
      [...BACKUP, '--temp-dir', 'absent'],
      2,
      /absent of --temp-dir does not exist/,
    ],
    ['a place to prove from that is none', [...BACKUP, '--prove-from', 'moon'], 2, /--prove-from=moon/],
    ['--all-databases of files', ['backup', '--db', 'sqlite', '--all-databases', '-o', 'never'], 2, /--all-databases/],
    ['nothing to verify', ['verify', '-o', 'backups'], 2, /Which backups to verify/],
    ['a backup and --all', ['verify', 'x', '--all', '-o', 'backups'], 2, /./],
    ['nothing to restore', ['restore', '-D', 'x.db', '-o', 'backups'], 2, /Which backup/],
    ['no target', ['restore', '--newest', '-o', 'backups'], 2, /Missing: --database/],
    ['no place', ['list'], 2, /Where the backups are/],
    ['two places', ['list', 'file:///a', '-o', 'b'], 2, /More than one place/],
    ['nowhere to copy to', ['copy', '--all'], 2, /Missing: --from and --to/],
    ['no file to decrypt', ['decrypt'], 2, /--file/],
    ['a file that does not exist', ['decrypt', '-f', 'absent.enc'], 2, /absent\.enc of --file does not exist/],
    ['a database that does not exist', ['backup', '--db', 'sqlite', '-D', 'absent.db', '-o', 'never'], 3, /absent\.db/],
    ['a directory of backups that does not exist', ['list', '-o', 'absent'], 6, /absent/],
    ['a proof that ends too late', [...SHOP, '--timeout', '1ms', '-o', 'never'], 12, /--timeout/],
  ]
  for (const [what, argv, code, message] of wrong) {
    it(`exits with ${code} for ${what}, in one JSON document, and makes nothing`, async () => {
      const { exit, ok, error } = await vault.json(argv)
      assert.deepEqual([exit, ok], [code, false])
      assert.match(error?.message ?? '', message)
      assert.deepEqual(await vault.files('never'), [])
    })
  }

  it('says how to install an engine that is not there', async () => {
    const { error } = await vault.json(['backup', '--db', 'oracle', '-D', 'x', '-o', 'never'])
    assert.match(error?.hints.join('\n') ?? '', /dbvault plugins install @dbvault\/engine-oracle/)
    assert.match(JSON.stringify(error), /sqlite/)
  })

  it('can be given by variables', async () => {
    const environment = {
      DBVAULT_DB: 'sqlite',
      DBVAULT_DATABASE: 'shop.db',
      DBVAULT_OUTPUT: 'by-variables',
      DBVAULT_JSON: 'yes',
      DBVAULT_COMPRESSION: 'zstd',
      DBVAULT_LEVEL: '19',
      DBVAULT_LABEL: 'a=1,b=2',
      DBVAULT_PROVE: 'check',
      DBVAULT_LIMIT_RATE: '100MB/s',
      DBVAULT_ENCRYPT: 'true',
      DBVAULT_SAVE_KEY: 'variable.key',
      DBVAULT_HOST: 'ignored.example',
      DBVAULT_PASSWORD: 'ignored',
    }
    const { exit, stdout, stderr } = await vault.run(['backup'], environment)
    assert.equal(exit, 0, stderr)
    const { backups } = JSON.parse(stdout) as { backups: { status: string; id: string; artifact: object }[] }
    assert.equal(backups[0]?.status, 'checked')
    assert.match(JSON.stringify(backups[0]?.artifact), /"compression":"zstd","encryption":"fernet"/)
    const shown = await vault.run(['show', backups[0]?.id ?? ''], {
      DBVAULT_OUTPUT: 'by-variables',
      DBVAULT_KEY_FILE: 'variable.key',
    })
    assert.equal(shown.exit, 0, shown.stderr)
    assert.match(shown.stdout, /a=1[^]*b=2/)
    assert.match(shown.stdout, /its MAC was checked with the key/)
  })

  it('comes before a variable', async () => {
    await vault.json([...SHOP, '-o', 'by-flag'], { DBVAULT_OUTPUT: 'by-variable' })
    assert.equal((await vault.files('by-flag')).length, 2)
    assert.deepEqual(await vault.files('by-variable'), [])
  })

  it('has a variable DBVAULT_<FLAG> for every flag, but for those that aim or delete', async () => {
    const { commands } = JSON.parse(await readFile(MANIFEST, 'utf8')) as { commands: Record<string, CommandManifest> }
    for (const name of ['backup', 'restore', 'verify', 'list', 'show', 'copy', 'keygen', 'decrypt']) {
      const flags = Object.entries(commands[name]?.flags ?? {})
      assert.ok(flags.length > 3, name)
      for (const [flag, { env }] of flags) {
        const expected = ARGV_ONLY[name]?.includes(flag)
          ? undefined
          : `DBVAULT_${flag.toUpperCase().replaceAll('-', '_')}`
        assert.equal(env, expected, `--${flag} of ${name}`)
      }
    }
  })

  it('aims a restore by its arguments alone', async () => {
    const { artifact } = await vault.backUp()
    const exported = {
      DBVAULT_DATABASE: 'exported.db',
      DBVAULT_URL: 'exported.db',
      DBVAULT_DB: 'oracle',
      DBVAULT_YES: '1',
    }
    const { exit, error } = await vault.json(['restore', artifact], exported)
    assert.deepEqual([exit, error?.message], [2, 'Missing: --database, what to restore into'])
    assert.equal((await vault.json(['restore', artifact, '-D', 'aimed.db'], exported)).exit, 0)
    assert.equal(rowsIn(vault.path('aimed.db')), 200)
    const again = await vault.json(['restore', artifact, '-D', 'aimed.db'], { DBVAULT_REPLACE: '1' })
    assert.deepEqual([again.exit, again.error?.code], [8, 'TARGET_NOT_EMPTY'])
    assert.deepEqual(
      (await vault.files('.')).filter((name) => name.startsWith('exported')),
      [],
    )
  })

  it('shows help for each command on stdout, and exits with 0', async () => {
    for (const name of ['backup', 'restore', 'verify', 'list', 'show', 'copy', 'decrypt', 'keygen']) {
      const { exit, stdout, stderr } = await vault.run([name, '--help'])
      assert.deepEqual([exit, stderr], [0, ''])
      assert.match(stdout, /USAGE[^]*--json/)
      assert.doesNotMatch(stdout, /<%/)
    }
  })
})

describe('what is printed', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
  })
  after(() => vault[Symbol.asyncDispose]())

  it('is the result alone on stdout, one line a backup, and nothing on stderr', async () => {
    const { exit, stdout, stderr } = await vault.run(BACKUP)
    assert.equal(exit, 0)
    assert.match(stdout, /^shop → file:\/\/\/\S+\.db\.gz \(\S+ kB, proven by a restore: 1 table, 200 rows, \S+\)\n$/)
    assert.equal(stderr, '')
  })

  it('has no colour and no banner where it is not a terminal, nor with NO_COLOR', async () => {
    for (const environment of [{}, { NO_COLOR: '1' }, { TERM: 'xterm-256color' }] as Record<string, string>[]) {
      for (const argv of [BACKUP, ['list', '-o', 'backups'], ['show', 'x'], ['backup', '--help']]) {
        const { stdout, stderr } = await vault.run(argv, environment)
        assert.ok(!(stdout + stderr).includes('\u001b'), argv[0])
        assert.doesNotMatch(stderr, /____/)
      }
    }
  })

  it('keeps stdout to a failure’s JSON also when nothing could be parsed', async () => {
    for (const argv of [
      ['backup', '--nonsense'],
      ['nonsense'],
      ['show'],
      ['restore', 'x', '-D', 'y', '-o', 'absent'],
    ]) {
      const { exit, stdout } = await vault.run([...argv, '--json'])
      assert.notEqual(exit, 0)
      assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, false)
    }
  })

  it('may be cut by its reader: the backup is made all the same', async () => {
    const child = vault.user.start([...SHOP, '-o', 'cut', '--json'])
    child.stdout?.destroy()
    const exit = await new Promise((resolve) => child.once('close', resolve))
    assert.equal(exit, 0)
    assert.equal((await vault.files('cut')).length, 2)
  })

  it('may be cut by head', async () => {
    const piped = `"${process.execPath}" "${BIN}" list -o backups --json | head -1; exit "\${PIPESTATUS[0]}"`
    const child = execFile('bash', ['-c', piped], { cwd: vault.path() })
    const { exit, stdout, stderr } = await finished(child)
    assert.deepEqual([exit, stdout, stderr], [0, '{\n', ''])
  })

  it('is a failure of its own for decrypt to stdout, with exit code 6', async () => {
    const { artifact, key } = await vault.backUp('-e')
    const child = vault.user.start(['decrypt', '-f', artifact, '-o', '-'], { DBVAULT_KEY: key })
    child.stdout?.destroy()
    const exit = await new Promise((resolve) => child.once('close', resolve))
    assert.equal(exit, 6)
  })
})
