import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Config, Plugin } from '@oclif/core/config'
import { boolean, string } from '@oclif/core/flags'
import type { PJSON } from '@oclif/core/interfaces'
import { retryFlags } from '../../src/cli/flags/retry.ts'
import { sourceFlags } from '../../src/cli/flags/source.ts'
import { destinationFlags } from '../../src/cli/flags/destination.ts'
import { targetFlags } from '../../src/cli/flags/target.ts'
import { VaultCommand } from '../../src/cli/vault-command.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { pluginFlags } from '../../src/registry/flag-values.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Outcome {
  values?: Record<string, unknown>
  lines?: object
  given?: readonly string[]
  error?: DbvaultError
  readonly warnings: string[]
}

let outcome: Outcome

/** Takes every kind of flag and plugin, and shows what it was given in place of doing anything. */
class Sample extends VaultCommand {
  static override id = 'backup'
  static override takes = ['engine', 'storage'] as const
  static override flags = {
    ...sourceFlags,
    ...destinationFlags,
    ...retryFlags,
    wipe: boolean({ summary: 'Delete.' }),
    note: string({ summary: 'Note.', env: 'DBVAULT_NOTE' }),
  }

  override warn(input: Error | string): Error | string {
    outcome.warnings.push(String(input))
    return input
  }

  async run(): Promise<void> {
    try {
      const { flags } = await this.parse(Sample)
      outcome.values = flags
      outcome.lines = pluginFlags(this.registry.engine('lines'), flags)
      outcome.given = Object.keys(flags).filter((name) => this.given(name))
    } catch (error) {
      if (!DbvaultError.is(error)) throw error
      outcome.error = error
    }
  }
}

describe('a command', () => {
  let config: Config
  const title = process.title

  before(async () => {
    config = await Config.load({ root, userPlugins: false, devPlugins: false })
    for (const name of ['dbvault-engine-lines', 'dbvault-storage-folder']) {
      const folder = fileURLToPath(new URL(`../fixtures/plugins/${name}`, import.meta.url))
      const pjson = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as PJSON
      const plugin = new Plugin({ name, root: folder, type: 'link', pjson, ignoreManifest: true })
      await plugin.load()
      config.plugins.set(name, plugin)
    }
  })
  after(() => {
    process.title = title
  })

  async function run(argv: string, environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    outcome = { warnings: [] }
    Object.assign(process.env, environment)
    try {
      await Sample.run(argv === '' ? [] : argv.split(' '), config)
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name]
    }
    return outcome
  }

  async function refused(argv: string, environment?: Readonly<Record<string, string>>): Promise<string> {
    const { error } = await run(argv, environment)
    assert.equal(error?.code, 'USAGE')
    return error.message
  }

  it('gives a plugin its own flags under their own names, with defaults', async () => {
    const { lines } = await run('--db lines --lines-width=7 --lines-skip-empty')
    assert.deepEqual(lines, { encoding: 'utf8', 'skip-empty': true, width: 7, token: undefined, wipe: undefined })
  })

  it('reads a flag, else its variable, else the plugin’s further variables, else the default', async () => {
    const all = { DBVAULT_LINES_ENCODING: 'latin1', LINES_ENCODING: 'utf8' }
    const encoding = async (argv: string, environment: Record<string, string>): Promise<unknown> => {
      const { lines } = await run(`--db lines ${argv}`.trim(), environment)
      return Reflect.get(lines ?? {}, 'encoding')
    }
    assert.equal(await encoding('--lines-encoding utf8', all), 'utf8')
    assert.equal(await encoding('', all), 'latin1')
    assert.equal(await encoding('', { LINES_ENCODING: 'latin1' }), 'latin1')
    assert.equal(await encoding('', { DBVAULT_LINES_ENCODING: '', LINES_ENCODING: 'latin1' }), 'latin1')
    assert.equal(await encoding('', {}), 'utf8')
  })

  it('tells what stands on the command line from what does not', async () => {
    const { given, values } = await run('-d lines --note x', { DBVAULT_ATTEMPTS: '5', DBVAULT_QUIET: 'yes' })
    assert.deepEqual(given, ['db', 'note'])
    assert.equal(values?.['attempts'], 5)
    assert.equal(values['quiet'], true)
    assert.equal(values['retry-min'], 2000)
  })

  it('reads a list from a variable, separated by commas', async () => {
    const { values } = await run('', { DBVAULT_DB: 'lines', DBVAULT_DATABASE: 'a,b' })
    assert.deepEqual(values?.['database'], ['a', 'b'])
  })

  it('has no variable for what deletes or aims', async () => {
    const { values } = await run('--db lines', { DBVAULT_WIPE: '1', DBVAULT_LINES_WIPE: '1' })
    assert.equal(values?.['wipe'], undefined)
    assert.equal(values?.['lines-wipe'], undefined)
    const variables = Object.entries(targetFlags).filter(([, flag]) => flag.env !== undefined)
    assert.deepEqual(
      variables.map(([name]) => name),
      ['password', 'password-file', 'password-command', 'dry-run'],
    )
  })

  it('refuses a bad value in a variable by the variable’s name, without quoting it', async () => {
    assert.equal(
      await refused('--db lines', { DBVAULT_ATTEMPTS: 'hunter2' }),
      'DBVAULT_ATTEMPTS does not hold a value that --attempts accepts',
    )
    assert.equal(
      await refused('--db lines', { DBVAULT_QUIET: 'perhaps' }),
      'DBVAULT_QUIET must be one of 1, true, yes, on, 0, false, no, off',
    )
    assert.equal(
      await refused('--db lines', { LINES_ENCODING: 'ebcdic' }),
      'LINES_ENCODING must be one of utf8, latin1',
    )
    assert.equal(
      await refused('--db lines', { DBVAULT_LINES_WIDTH: '1001' }),
      'DBVAULT_LINES_WIDTH does not hold a value that --lines-width accepts',
    )
  })

  it('counts an empty value as not given, and says so', async () => {
    const { values, given, warnings } = await run('--db lines --note= -D  -D a', { DBVAULT_NOTE: 'from the variable' })
    assert.equal(values?.['note'], 'from the variable')
    assert.deepEqual(values['database'], ['a'])
    assert.deepEqual(given, ['db', 'database'])
    const said = ['note', 'database'].map((name) => `--${name} was given an empty value, which counts as not given`)
    assert.deepEqual(warnings.toSorted(), said.toSorted())
  })

  it('counts an empty variable as not set, and says so of its own ones', async () => {
    const { values, warnings } = await run('--db lines', { DBVAULT_NOTE: '', LINES_ENCODING: '' })
    assert.equal(values?.['note'], undefined)
    assert.deepEqual(warnings, ['DBVAULT_NOTE is empty, which counts as not given'])
  })

  it('refuses what it cannot parse in one short line', async () => {
    const lines = [
      ['--nope', 'unknown flag --nope'],
      ['--nope=secret --neither', 'unknown flags --nope, --neither'],
      ['--db lines surplus', 'unexpected argument surplus'],
      ['--port x', '--port must be a whole number, not "x"'],
      ['--db', '--db expects a value'],
      ['--db a --db b', '--db can only be specified once'],
      ['--db lines --lines-encoding x', '--lines-encoding must be one of utf8, latin1, not "x"'],
      ['--db lines --lines-width 1001', '--lines-width must be a whole number less than or equal to 1000, not "1001"'],
      ['--db lines --timeout soon', '--timeout: "soon" is not a span of time such as 90s, 15m or 2h'],
    ] as const
    for (const [argv, message] of lines) assert.equal(await refused(argv), message)
  })

  it('does not quote surplus arguments beside a secret, since they may be its rest', async () => {
    assert.equal(await refused('-p correct horse'), '1 argument too many; does a value need quotes?')
    assert.equal(await refused('--lines-token=correct horse'), '1 argument too many; does a value need quotes?')
  })

  it('warns about secrets on the command line, and hides them in the list of processes', async () => {
    const { warnings } = await run('--db lines --lines-token t')
    assert.deepEqual(warnings, [
      'other users of this machine can read --lines-token while it stands on the command line; use DBVAULT_LINES_TOKEN instead',
    ])
    assert.equal(process.title, 'dbvault backup')
    assert.deepEqual((await run('--db lines', { DBVAULT_LINES_TOKEN: 't' })).warnings, [])
  })

  it('requires what a chosen plugin requires, from wherever', async () => {
    assert.equal(
      await refused('--db lines -c folder'),
      '--folder-path is required with --cloud=folder (or set DBVAULT_FOLDER_PATH)',
    )
    assert.equal((await run('--db lines -c folder', { DBVAULT_FOLDER_PATH: '/f' })).error, undefined)
  })
})
