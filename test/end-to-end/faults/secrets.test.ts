import assert from 'node:assert/strict'
import { type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { finished, type Environment, type Finished } from '../../cli/dbvault-process.ts'
import { generateFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { Vault } from '../../support/vault.ts'

const BACKUP = ['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'backups', '-e']

describe('a secret', function () {
  this.timeout(60_000)
  let vault: Vault
  const key = generateFernetKey()
  const password = `canary-${randomBytes(9).toString('hex')}'"\\$; é`
  const secrets = [key, password, key.slice(0, 20), password.slice(0, 20)]
  before(async () => {
    vault = await Vault.create(20_000)
    await writeFile(vault.path('vault.key'), `${key}\n`)
    await writeFile(vault.path('password'), password)
  })
  after(() => vault[Symbol.asyncDispose]())

  function assertSilent(where: string, text: string): void {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${where} tells a secret`)
  }

  /** Command lines of all processes, again and again, until the child is gone. */
  async function commandLines(child: ChildProcess): Promise<{ readonly seen: string; readonly looks: number }> {
    const seen = new Set<string>()
    let looks = 0
    while (child.exitCode === null && child.signalCode === null) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        } catch {
          // It is gone.
        }
      }
      looks += 1
      await delay(5)
    }
    return { seen: [...seen].join('\n'), looks }
  }

  async function assertNothingTold(argv: readonly string[], environment: Environment = {}): Promise<Finished> {
    const child = vault.user.start(argv, { DEBUG: '', ...environment })
    const [run, { seen, looks }] = await Promise.all([finished(child), commandLines(child)])
    assert.ok(looks > 5, 'hardly looked at any command line')
    assertSilent('the list of processes', seen)
    assertSilent('stdout', run.stdout)
    assertSilent('stderr', run.stderr)
    return run
  }

  it('in a file or a variable is told by no output, command line, file of the backup, or temporary file', async () => {
    for (const [argv, environment] of [
      [[...BACKUP, '--key-file', 'vault.key'], {}],
      [BACKUP, { DBVAULT_KEY: key }],
      [[...BACKUP, '--json'], { DBVAULT_KEY: key, DBVAULT_PASSWORD: password }],
      [['verify', '--all', '-o', 'backups'], { DBVAULT_KEY: key }],
      [['restore', '--newest', '-o', 'backups', '-D', 'again.db'], { DBVAULT_KEY: key, DBVAULT_PASSWORD: password }],
    ] as const) {
      const { exit, stderr } = await assertNothingTold(argv, environment)
      assert.equal(exit, 0, stderr)
    }
    for (const entry of await readdir(vault.path(), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'vault.key' || entry.name === 'password') continue
      assertSilent(entry.name, await readFile(`${entry.parentPath}/${entry.name}`, 'latin1'))
    }
  })

  it('is told by no error, whatever is wrong, also with DEBUG', async () => {
    for (const [argv, environment] of [
      [['backup', '--db', 'sqlite', '-D', 'absent.db', '-o', 'never', '-e'], { DBVAULT_KEY: key }],
      [['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'never', '-e'], { DBVAULT_KEY: `${key}${password}` }],
      [['backup', '--db', 'nothing', '-D', 'x', '-o', 'never', '--password-file', 'password'], {}],
      [['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'never', '--password-file', 'password'], {}],
      [['verify', 'shop.db', '--key-file', 'password'], {}],
      [['verify', 'vault.key', '--key-file', 'vault.key'], {}],
    ] as const) {
      for (const debug of ['', '*']) {
        const { exit } = await assertNothingTold(argv, { ...environment, DEBUG: debug })
        assert.notEqual(exit, 0)
      }
    }
  })

  it('on the command line works, is warned about, and leaves the list of processes', async () => {
    const child = vault.user.start([...BACKUP, '-k', key])
    const [{ exit, stdout, stderr }] = await Promise.all([finished(child), sawItGo(child)])
    assert.equal(exit, 0, stderr)
    assert.match(stderr, /other users of this machine can read --key .*DBVAULT_KEY or --key-file/)
    assertSilent('stdout', stdout)
    assertSilent('stderr', stderr)
  })

  /** Resolves when the command line of the child no longer holds the key, while it still runs. */
  async function sawItGo({ pid }: ChildProcess): Promise<void> {
    let was = false
    for (;;) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (line.includes(key)) was = true
      else if (was) {
        assert.match(line, /dbvault backup/)
        return
      }
      await delay(2)
    }
  }
})
