import { string } from '@oclif/core/args'
import { boolean, integer, string as stringFlag } from '@oclif/core/flags'
import { scratchOf } from '../cli/backup-input.ts'
import { makeReady } from '../cli/engine-of.ts'
import { placeFlags } from '../cli/flags/destination.ts'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { tempFlags } from '../cli/flags/pipeline.ts'
import { scratchFlags } from '../cli/flags/proof.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { backupFilter, findExact, findNamed } from '../cli/named-backup.ts'
import { operationContext } from '../cli/operation-context.ts'
import { type Lookup, openPlace } from '../cli/place.ts'
import { startProgress } from '../cli/progress.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { toJson } from '../cli/to-json.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { verdictOn } from '../cli/verdict.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { OperationContext } from '../operations/context.ts'
import { findAll, findNewestToVerify, type FoundBackup, type FoundBackups } from '../operations/find-backup.ts'
import { hostFor } from '../operations/host-for.ts'
import { sample } from '../operations/sample.ts'
import type { Unlock } from '../operations/unlock.ts'
import { type VerifyResult, verify } from '../operations/verify.ts'
import { pluginFlags } from '../registry/flag-values.ts'
import { verifyLine } from '../render/verify-line.ts'

const exactly = async (lookup: Lookup): Promise<FoundBackup[]> => {
  const found = await findExact(lookup)
  return found ? [found] : []
}

export default class Verify extends VaultCommand {
  static override summary = 'Prove stored backups again: restore them into scratch and compare.'
  static override examples = [
    '<%= config.bin %> verify --all -o backups --key-file vault.key',
    '<%= config.bin %> verify file:///backups --sample 3 --json',
    '<%= config.bin %> verify backups/sqlite/shop-20261123T084201Z-k3x9qd.db.gz',
  ]
  static override takes = ['engine', 'storage'] as const
  static override strict = false
  static override args = {
    backup: string({
      name: 'BACKUP…',
      description: 'Ids, paths or addresses of backups; with --all, --newest or --sample that of the place.',
    }),
  }
  static override flags = {
    all: boolean({ summary: 'Every backup in the place.', exclusive: ['newest', 'sample'], helpGroup: 'BACKUP' }),
    newest: boolean({
      summary: 'The newest backup of each database in the place.',
      exclusive: ['all', 'sample'],
      helpGroup: 'BACKUP',
    }),
    sample: integer({
      summary: 'So many backups of the place, chosen at random.',
      min: 1,
      exclusive: ['all', 'newest'],
      helpGroup: 'BACKUP',
    }),
    db: stringFlag({
      char: 'd',
      summary: 'Only backups of this kind of database.',
      helpValue: '<engine>',
      helpGroup: 'BACKUP',
    }),
    'from-database': stringFlag({ summary: 'Only backups of this database.', helpGroup: 'BACKUP' }),
    'ignore-manifest': boolean({ summary: 'Take artifacts by their bytes alone.', helpGroup: 'BACKUP' }),
    ...placeFlags,
    ...decryptionFlags,
    ...scratchFlags,
    ...tempFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Verify)
    const named = argv as string[]
    const several = flags.all || flags.newest || flags.sample !== undefined
    const placeSaid = flags.output !== undefined || flags.cloud !== undefined
    const unsaid = new DbvaultError('USAGE', 'Which backups to verify was not said', {
      hints: ['Name them by id, path or address, or give one of --all, --newest and --sample N.'],
    })
    if (several ? named.length > 1 : named.length === 0 && !placeSaid) throw unsaid
    const unlock = await readUnlock(flags, this.given)
    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const host = hostFor(context, 'verify')
    const lookup = this.lookup(flags, host)
    const { backups, damaged } = several
      ? await this.#chosen(lookup, named[0])
      : { backups: named.length > 0 ? named : await exactly(lookup), damaged: [] }
    if (backups.length === 0 && damaged.length === 0) throw unsaid
    const results: VerifyResult[] = []
    for (const one of backups) results.push(await this.#verify(one, { ...lookup, flags }, unlock, context))
    results.push(...damaged.map((one) => ({ ...one, status: 'failed' as const, unchecked: [] })))
    const value = toJson({ backups: results })
    const text = results.map(verifyLine).join('\n')
    const verdict = verdictOn(
      'backups',
      results.map(({ error }) => error),
    )
    if (!verdict) return this.result(value, text)
    this.keep(value, text)
    throw verdict
  }

  /** With what can no longer be a backup, too, and might have been chosen: it must not be passed over in silence. */
  async #chosen(lookup: Lookup, address: string | undefined): Promise<FoundBackups> {
    const { flags, host } = lookup
    const place = await openPlace(lookup, address)
    const filter = backupFilter(flags, 'from-database')
    if (flags['newest']) return await findNewestToVerify(place.storage, place.key, filter, host)
    const all = await findAll(place.storage, place.key, filter, host)
    if (all.backups.length === 0 && all.damaged.length === 0)
      throw new DbvaultError('BACKUP_NOT_FOUND', `${place.storage.label} has no backup to verify`)
    return typeof flags['sample'] === 'number' ? { ...all, backups: sample(all.backups, flags['sample']) } : all
  }

  /** Whatever is wrong with one backup is that one's result; the others are still verified. */
  async #verify(
    one: string | FoundBackup,
    lookup: Lookup & { readonly flags: { readonly scratch: string; readonly db?: string | undefined } },
    unlock: Unlock,
    context: OperationContext,
  ): Promise<VerifyResult> {
    const { flags, host } = lookup
    let found: FoundBackup | undefined
    try {
      found = typeof one === 'string' ? await findNamed(one, lookup) : one
      if (flags['ignore-manifest']) found = { storage: found.storage, key: found.key }
      const { opened, contribution, engine } = await makeReady(found, unlock, flags.db, this.registry, host)
      await using _ = opened
      const scratch = { ...scratchOf(flags.scratch), flags: pluginFlags(contribution, flags) }
      return await verify({ engine, found, backup: opened, scratch }, context)
    } catch (error) {
      this.signal.throwIfAborted()
      const id = found?.manifest?.id ?? (typeof one === 'string' ? one : one.key)
      return {
        id,
        address: found ? found.storage.address(found.key) : id,
        status: 'failed',
        unchecked: [],
        error: asDbvaultError(error),
      }
    }
  }
}
