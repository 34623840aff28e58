import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { string as stringArg } from '@oclif/core/args'
import { canAsk } from '../cli/ask.ts'
import { passwordFor, scratchOf, type SourceFlags, sourceOf } from '../cli/backup-input.ts'
import { chosenDatabases, type DatabaseFlags } from '../cli/databases.ts'
import { destinationFlags } from '../cli/flags/destination.ts'
import { tempFlags } from '../cli/flags/pipeline.ts'
import { scratchFlags } from '../cli/flags/proof.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { sourceFlags } from '../cli/flags/source.ts'
import { exitCodeOf } from '../cli/exit-code.ts'
import { operationContext } from '../cli/operation-context.ts'
import { openAddress, openDestinations } from '../cli/place.ts'
import { installedPlugins } from '../cli/plugins/installed-plugins.ts'
import { startProgress } from '../cli/progress.ts'
import { toJson } from '../cli/to-json.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Destination } from '../operations/backup-request.ts'
import type { DoctorCheck } from '../operations/examination.ts'
import type { OperationContext } from '../operations/context.ts'
import { examineMachine } from '../operations/examine-machine.ts'
import { examineSource } from '../operations/examine-source.ts'
import { examineStorage } from '../operations/examine-storage.ts'
import { hostFor } from '../operations/host-for.ts'
import { loadEngine } from '../registry/load.ts'
import { checksText } from '../render/checks-text.ts'
import { pluginLines } from '../render/plugin-words.ts'
import { isAddress } from '../storage/address.ts'

export default class Doctor extends VaultCommand {
  static override summary = 'Look now for what would make a backup fail tonight.'
  static override description =
    'Examines this machine and, where they are named as for a backup, the source and every place. The source is only looked at. At a place each right that a backup needs is really tried, with a small object that is removed again.'
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --db sqlite -D shop.db -o backups',
    '<%= config.bin %> doctor file:///backups --json',
  ]
  static override takes = ['engine', 'storage'] as const
  static override args = {
    place: stringArg({ name: 'PLACE', description: 'Address of a place, besides those of -o and --cloud.' }),
  }
  static override flags = { ...sourceFlags, ...destinationFlags, ...scratchFlags, ...tempFlags, ...retryFlags }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Doctor)
    if (flags.db === undefined && (flags.database?.length || flags['all-databases'] || flags.url !== undefined)) {
      throw new DbvaultError('USAGE', 'Missing: --db, the kind of the database to look at')
    }
    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const lookup = this.lookup(flags, hostFor(context, 'doctor'))
    const places = await openDestinations(lookup)
    if (args.place !== undefined) {
      const { storage, key } = await openAddress(lookup, args.place)
      places.push({ storage, key })
    }
    const checks: DoctorCheck[] = [...this.#plugins(), ...(await examineMachine(context))]
    if (flags.db !== undefined) checks.push(...(await this.#sources({ ...flags, db: flags.db }, context)))
    for (const place of places) checks.push(...(await this.#place(place, context)))
    const { plugins } = installedPlugins(this.config)
    const value = toJson({ checks, plugins })
    const text = [checksText(checks), pluginLines(plugins)].join('\n\n')
    const failure = failureOf(checks)
    if (!failure) return this.result(value, text)
    this.keep(value, text)
    throw failure
  }

  #plugins(): DoctorCheck[] {
    const names = this.registry.all.map(({ descriptor, version }) => `${descriptor.name} ${version}`)
    const subject = 'this machine'
    return [
      { area: 'machine', subject, name: 'plugins', outcome: 'ok', detail: names.join(', ') || 'none' },
      ...this.registry.problems.map(
        ({ package: name, message }) =>
          ({ area: 'machine', subject, name: 'plugins', outcome: 'warning', detail: `${name}: ${message}` }) as const,
      ),
    ]
  }

  async #sources(
    flags: SourceFlags &
      DatabaseFlags &
      Parameters<typeof canAsk>[0] & { readonly db: string; readonly scratch: string },
    context: OperationContext,
  ): Promise<readonly DoctorCheck[]> {
    const contribution = this.registry.engine(flags.db)
    const password = this.hide(await passwordFor(flags, contribution, this.given, canAsk(flags), this.signal))
    const server = sourceOf('', flags, contribution, password)
    const host = hostFor(context, flags.db, { secrets: [server.password, server.url] })
    const engine = await loadEngine(contribution, host)
    const databases = await chosenDatabases(flags, engine, server, host)
    const scratch = scratchOf(flags.scratch)
    const checks: DoctorCheck[] = []
    for (const database of databases) {
      checks.push(...(await examineSource(engine, sourceOf(database, flags, contribution, password), scratch, context)))
    }
    return checks
  }

  /** What a backup would be stored at; a directory that is not there yet is only looked at, or it would be made. */
  async #place({ storage, key = '', prefix }: Destination, context: OperationContext): Promise<readonly DoctorCheck[]> {
    const folder = prefix ?? key.slice(0, key.lastIndexOf('/') + 1)
    const isThere = !isAddress(storage.label) || (await isDirectory(fileURLToPath(storage.label)))
    return examineStorage(storage, folder, { lookOnly: !isThere }, context)
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** The one error that all failed checks add up to: theirs where it is one, or all are alike. */
function failureOf(checks: readonly DoctorCheck[]): DbvaultError | undefined {
  const errors = checks.map(({ error }) => error).filter((error) => error !== undefined)
  const [first] = errors
  if (!first || errors.length === 1) return first
  const alike = errors.every(({ code }) => exitCodeOf(code) === exitCodeOf(first.code))
  const hints = ['What to do about each is said above.']
  const message = `${errors.length} of ${checks.length} checks failed`
  return new DbvaultError(alike ? first.code : 'SEVERAL_FAILED', message, { hints, cause: first })
}
