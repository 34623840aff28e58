import pLimit from 'p-limit'
import { canAsk } from '../cli/ask.ts'
import { completeBackupFlags, compressionOf, labelsOf, passwordFor, scratchOf, sourceOf } from '../cli/backup-input.ts'
import { backupKey, saveSecret } from '../cli/backup-key.ts'
import { banner } from '../cli/banner.ts'
import { chosenDatabases } from '../cli/databases.ts'
import { requireKeyDisplay } from '../cli/key-display.ts'
import { destinationFlags } from '../cli/flags/destination.ts'
import { encryptionFlags } from '../cli/flags/encryption.ts'
import { pipelineFlags, tempFlags } from '../cli/flags/pipeline.ts'
import { proofFlags } from '../cli/flags/proof.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { sourceFlags } from '../cli/flags/source.ts'
import { operationContext } from '../cli/operation-context.ts'
import { openDestinations } from '../cli/place.ts'
import { startProgress } from '../cli/progress.ts'
import { toJson } from '../cli/to-json.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { verdictOn } from '../cli/verdict.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { backup } from '../operations/backup.ts'
import type { Destination } from '../operations/backup-request.ts'
import { hostFor } from '../operations/host-for.ts'
import { loadEngine } from '../registry/load.ts'
import { backupLine } from '../render/backup-line.ts'

export default class Backup extends VaultCommand {
  static override summary = 'Back up databases, and prove that the backups can be restored.'
  static override examples = [
    '<%= config.bin %> backup --db sqlite -D shop.db -o backups --encrypt',
    '<%= config.bin %> backup --db sqlite -D shop.db -D blog.db -o backups --key-file vault.key --json',
  ]
  static override takes = ['engine', 'storage'] as const
  static override flags = {
    ...sourceFlags,
    ...destinationFlags,
    ...encryptionFlags,
    ...proofFlags,
    ...pipelineFlags,
    ...tempFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Backup)
    const person = canAsk(flags)
    if (process.stderr.isTTY && !flags.json && !flags.quiet) process.stderr.write(banner(this.config.version))
    await completeBackupFlags(flags, this.registry, person, this.signal)
    const contribution = this.registry.engine(flags.db ?? '')
    const compression = compressionOf(flags.compression as 'gzip' | 'zstd', flags.level)
    const labels = labelsOf(flags.label)
    const key = await backupKey(flags, this.given)
    if (key.made !== undefined && flags['save-key'] === undefined) requireKeyDisplay(this.jsonEnabled())
    const password = this.hide(await passwordFor(flags, contribution, this.given, person, this.signal))

    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const host = hostFor(context, contribution.descriptor.name)
    const engine = await loadEngine(contribution, host)
    const destinations = provenFirst(await openDestinations(this.lookup(flags, host)), flags['prove-from'])
    const server = sourceOf('', flags, contribution, password)
    const secrets = [server.password, server.url]
    const serverHost = hostFor(context, engine.descriptor.name, { secrets })
    const databases = await chosenDatabases(flags, engine, server, serverHost)
    if (databases.length > 1 && destinations.some((destination) => destination.key !== undefined)) {
      throw new DbvaultError('USAGE', 'One object name cannot hold several databases', {
        hints: ['End it in / to make it a prefix.'],
      })
    }
    const showKey = this.#keyShower(key.made, flags['save-key'], progress.print)
    const limit = pLimit(flags['async-mode'] ? (flags.concurrency ?? 2) : 1)
    const results = await Promise.all(
      databases.map((database) =>
        limit(() =>
          backup(
            {
              engine,
              source: sourceOf(database, flags, contribution, password),
              destinations,
              compression,
              ...(key.request && { encryption: key.request }),
              prove: flags.prove as 'restore' | 'check' | 'none',
              scratch: scratchOf(flags.scratch),
              allowIncomplete: flags['allow-incomplete'] ?? false,
              labels,
              ...(flags['limit-rate'] !== undefined && { limitRate: flags['limit-rate'] }),
              beforeCommit: showKey.show,
            },
            context,
          ),
        ),
      ),
    )
    const value = toJson({
      backups: results,
      ...(showKey.shown() && flags['save-key'] === undefined && { key: key.made }),
    })
    const text = results
      .filter(({ status }) => status !== 'failed')
      .map(backupLine)
      .join('\n')
    const verdict = verdictOn(
      'backups',
      results.map(({ error }) => error),
    )
    if (!verdict) return this.result(value, text)
    this.keep(value, text)
    throw verdict
  }

  /** A key that was made is shown or saved once, before the first backup that needs it is committed. */
  #keyShower(
    made: string | undefined,
    saveTo: string | undefined,
    print: (text: string) => Promise<void>,
  ): { readonly show: () => Promise<void>; readonly shown: () => boolean } {
    let showing: Promise<void> | undefined
    const once = async (): Promise<void> => {
      if (made === undefined) return
      if (saveTo !== undefined) await saveSecret(saveTo, `${made}\n`)
      else
        await print(
          `Key of this backup, shown only now and stored nowhere: ${made}\nWithout it nobody can read the backup. Keep it safe.\n`,
        )
    }
    return { show: () => (showing ??= once()), shown: () => made !== undefined && showing !== undefined }
  }
}

/** The first destination is the one that is read back. */
function provenFirst(destinations: readonly Destination[], name: string | undefined): readonly Destination[] {
  if (name === undefined) return destinations
  const chosen = destinations.find(({ storage }) => storage.name === name)
  if (chosen) return [chosen, ...destinations.filter((other) => other !== chosen)]
  throw new DbvaultError('USAGE', `--prove-from=${name} is none of the places that this backup goes to`)
}
