import assert from 'node:assert/strict'
import { Terminal } from '../../support/terminal.ts'
import { rowsIn, Vault } from '../../support/vault.ts'

const ESCAPE = '\u001B'

describe('on a terminal', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
  })
  after(() => vault[Symbol.asyncDispose]())

  const start = (argv: readonly string[], environment = {}): Terminal => Terminal.start(argv, vault.path(), environment)

  it('backup asks for all that is missing, one question a line, below a banner', async () => {
    const terminal = start(['backup'])
    await terminal.until('____/')
    await terminal.until('Which kind of database?')
    terminal.type('sqlite') // The choice that begins so, among however many engines are installed.
    await terminal.until('❯ sqlite')
    terminal.type('\r')
    await terminal.until('Path of the database file?')
    terminal.type('shop.db\r')
    await terminal.until('Directory to store the backup in?')
    terminal.type('asked\r')
    await terminal.until('proven by a restore: 1 table, 200 rows')
    assert.equal(await terminal.exit, 0)
    assert.equal((await vault.files('asked')).length, 2)
  })

  it('asks for nothing with --json or --quiet', async () => {
    for (const flag of ['--json', '--quiet']) {
      const terminal = start(['backup', flag])
      assert.equal(await terminal.exit, 2)
      assert.match(terminal.shown, /Missing: --db/)
      assert.doesNotMatch(terminal.shown, /____|\?/)
    }
  })

  it('Ctrl-C at a question ends with 130 and makes nothing', async () => {
    const terminal = start(['backup', '--db', 'sqlite', '-D', 'shop.db'])
    await terminal.until('Directory to store the backup in?')
    terminal.type('\u0003')
    assert.equal(await terminal.exit, 130)
  })

  it('shows a key that was made, whole, among the progress', async () => {
    const terminal = start(['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'keyed', '-e'])
    assert.equal(await terminal.exit, 0)
    assert.match(terminal.shown, /Key of this backup.*: [A-Za-z0-9_-]{43}=\r\n/)
  })

  it('has colours, and none with NO_COLOR', async () => {
    const colours = new RegExp(String.raw`${ESCAPE}\[\d+m`)
    const coloured = start(['backup', '--db', 'sqlite', '-D', 'absent.db', '-o', 'never'])
    assert.equal(await coloured.exit, 3)
    assert.match(coloured.raw, colours)
    const plain = start(['backup', '--db', 'sqlite', '-D', 'absent.db', '-o', 'never'], { NO_COLOR: '1' })
    assert.equal(await plain.exit, 3)
    assert.doesNotMatch(plain.raw, colours)
  })

  it('restore --replace asks before it replaces, and a no changes nothing', async () => {
    const { artifact } = await vault.backUp()
    const replace = ['restore', artifact, '-D', 'shop.db', '--replace']
    const refused = start(replace)
    await refused.until('Replace')
    refused.type('n\r')
    assert.equal(await refused.exit, 8)
    assert.match(refused.shown, /Nothing was replaced: the answer was no/)
    const agreed = start(replace)
    await agreed.until('Replace')
    agreed.type('y\r')
    assert.equal(await agreed.exit, 0)
    const silent = start([...replace, '--yes'])
    assert.equal(await silent.exit, 0)
    assert.doesNotMatch(silent.shown, /Replace /)
    assert.equal(rowsIn(vault.path('shop.db')), 200)
  })
})
