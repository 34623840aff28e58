import { string as stringArg } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import { MARKER_LIFE_MS } from '../catalog/pending-marker.ts'
import { placeFlags } from '../cli/flags/destination.ts'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { retentionFlags, sweepFlags } from '../cli/flags/retention.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { backupFilter } from '../cli/named-backup.ts'
import { operationContext } from '../cli/operation-context.ts'
import { openPlace } from '../cli/place.ts'
import { startProgress } from '../cli/progress.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { toJson } from '../cli/to-json.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { verdictOn } from '../cli/verdict.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { hostFor } from '../operations/host-for.ts'
import { prune } from '../operations/prune.ts'
import { pruneText } from '../render/prune-text.ts'
import type { Policy } from '../retention/policy.ts'

export default class Prune extends VaultCommand {
  static override summary = 'Remove what killed runs have left, and the backups that a policy does not keep.'
  static override description =
    'Says what it would remove; --yes removes it. Without a --keep flag no backup is removed. Of each database the newest backup that was proven as far as was asked for is always kept, and so is the newest that is proven and complete. Only what was proven as far as was asked for is counted, and copies of one backup once.'
  static override examples = [
    '<%= config.bin %> prune -o backups',
    '<%= config.bin %> prune -o backups --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --key-file vault.key --yes',
  ]
  static override takes = ['storage'] as const
  static override args = {
    place: stringArg({ name: 'PLACE', description: 'Address of the place, instead of -o or --cloud.' }),
  }
  static override flags = {
    yes: boolean({ summary: 'Remove it, instead of only saying what would be removed.' }),
    ...retentionFlags,
    db: string({
      char: 'd',
      summary: 'Apply the policy only to backups of this kind of database.',
      helpValue: '<engine>',
      helpGroup: 'RETENTION',
    }),
    database: string({ char: 'D', summary: 'Apply the policy only to this database.', helpGroup: 'RETENTION' }),
    ...sweepFlags,
    ...placeFlags,
    ...decryptionFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Prune)
    const policy = policyOf(flags)
    const filter = backupFilter(flags, 'database')
    const narrowed = Object.keys(filter).length > 0
    if (narrowed && Object.keys(policy).length === 0) {
      throw new DbvaultError('USAGE', '--db and --database narrow down a policy, and none was given', {
        hints: ['Add at least one --keep flag, or leave them out.'],
      })
    }
    const { grace } = flags
    if (grace < MARKER_LIFE_MS) {
      throw new DbvaultError('USAGE', '--grace must be at least 15m: for so long a run that was cut off may still live')
    }
    const unlock = await readUnlock(flags, this.given)
    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const place = await openPlace(this.lookup(flags, hostFor(context, 'prune')), args.place)
    const result = await prune(
      {
        storage: place.storage,
        scope: place.key,
        graceMs: grace,
        policy,
        ...(narrowed && { filter }),
        unlock,
        apply: flags.yes,
      },
      context,
    )
    const value = toJson(result)
    const text = pruneText(result, new Date())
    const verdict = verdictOn(
      'removals',
      result.remove.map(({ error }) => error),
    )
    if (!verdict && !result.interrupted) return this.result(value, text)
    this.keep(value, text)
    this.signal.throwIfAborted()
    if (verdict) throw verdict
  }
}

function policyOf(flags: Readonly<Record<string, unknown>>): Policy {
  const rules = Object.entries({
    last: flags['keep-last'],
    hourly: flags['keep-hourly'],
    daily: flags['keep-daily'],
    weekly: flags['keep-weekly'],
    monthly: flags['keep-monthly'],
    yearly: flags['keep-yearly'],
    withinMs: flags['keep-within'],
  })
  return Object.fromEntries(rules.filter(([, value]) => typeof value === 'number'))
}
