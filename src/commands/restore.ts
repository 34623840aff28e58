import { string } from '@oclif/core/args'
import { boolean, string as stringFlag } from '@oclif/core/flags'
import { askConsent, askText, canAsk } from '../cli/ask.ts'
import { passwordFor, sourceOf } from '../cli/backup-input.ts'
import { makeReady } from '../cli/engine-of.ts'
import { placeFlags } from '../cli/flags/destination.ts'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { tempFlags } from '../cli/flags/pipeline.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { targetFlags } from '../cli/flags/target.ts'
import { findNamed, findNewestOf } from '../cli/named-backup.ts'
import { operationContext } from '../cli/operation-context.ts'
import { startProgress } from '../cli/progress.ts'
import { refuseToReplaceBackup } from '../cli/spare-backups.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { FoundBackup } from '../operations/find-backup.ts'
import { hostFor } from '../operations/host-for.ts'
import { restore } from '../operations/restore.ts'
import { restoreLine } from '../render/restore-line.ts'

export default class Restore extends VaultCommand {
  static override summary = 'Restore a backup into a target that is empty.'
  static override description =
    'The backup is an id (with -o or --cloud), the path of an artifact, or an address. It is authenticated to its last byte before the target is touched; a target that is not empty is refused unless --replace is given.'
  static override examples = [
    '<%= config.bin %> restore shop-20261123T084201Z-k3x9qd -o backups -D restored.db --key-file vault.key',
    '<%= config.bin %> restore --newest --db sqlite --from-database shop -o backups -D restored.db',
    '<%= config.bin %> restore backups/sqlite/shop-20261123T084201Z-k3x9qd.db.gz -D restored.db --dry-run',
  ]
  static override takes = ['engine', 'storage'] as const
  static override args = {
    backup: string({
      name: 'BACKUP',
      description: 'Id, path or address of the backup; with --newest that of the place.',
    }),
  }
  static override flags = {
    newest: boolean({ summary: 'Restore the newest backup instead of a named one.', helpGroup: 'BACKUP' }),
    db: stringFlag({
      char: 'd',
      summary: 'Kind of database; known from the manifest where there is one.',
      helpValue: '<engine>',
      helpGroup: 'BACKUP',
    }),
    'from-database': stringFlag({ summary: 'With --newest: of this database.', helpGroup: 'BACKUP' }),
    'ignore-manifest': boolean({
      summary: 'Take the artifact by its bytes alone, when its manifest is damaged.',
      helpGroup: 'BACKUP',
    }),
    ...placeFlags,
    ...decryptionFlags,
    ...targetFlags,
    ...tempFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Restore)
    if (args.backup === undefined && !flags.newest && flags.output === undefined && flags.cloud === undefined) {
      throw new DbvaultError('USAGE', 'Which backup to restore was not said', {
        hints: ['Give an id, a path or an address, or --newest. See what there is with: dbvault list.'],
      })
    }
    const person = canAsk(flags)
    if (flags.database === undefined && flags.url === undefined) {
      if (!person) throw new DbvaultError('USAGE', 'Missing: --database, what to restore into')
      flags.database = await askText('Restore into which database?', this.signal)
    }
    const unlock = await readUnlock(flags, this.given)

    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const host = hostFor(context, 'restore')
    const lookup = this.lookup(flags, host)
    const found = flags.newest ? await findNewestOf(lookup, args.backup) : await findNamed(args.backup, lookup)
    const taken: FoundBackup = flags['ignore-manifest'] ? { storage: found.storage, key: found.key } : found
    const { opened, contribution, engine } = await makeReady(taken, unlock, flags.db, this.registry, host)
    await using _ = opened
    const password = this.hide(await passwordFor(flags, contribution, this.given, person, this.signal))
    const target = { ...sourceOf(flags.database ?? '', flags, contribution, password), replace: flags.replace ?? false }
    if (contribution.descriptor.source.database === 'file') await refuseToReplaceBackup(found, target.database, host)
    if (target.replace && person && !flags.yes && !flags['dry-run']) {
      const { state, description } = await engine.inspect(
        target,
        hostFor(context, 'restore', { secrets: [target.password, target.url] }),
      )
      if (state === 'occupied' && !(await askConsent(`Replace ${description} with ${opened.name}?`, this.signal))) {
        throw new DbvaultError('TARGET_NOT_EMPTY', 'Nothing was replaced: the answer was no')
      }
    }
    const result = await restore({ engine, backup: opened, target, dryRun: flags['dry-run'] ?? false }, context)
    this.result({ restore: result }, restoreLine(result))
  }
}
