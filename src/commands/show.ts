import { string } from '@oclif/core/args'
import { placeFlags } from '../cli/flags/destination.ts'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { findNamed } from '../cli/named-backup.ts'
import { operationContext } from '../cli/operation-context.ts'
import { startProgress } from '../cli/progress.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { hostFor } from '../operations/host-for.ts'
import { show } from '../operations/show.ts'
import { manifestWords } from '../render/manifest-words.ts'

export default class Show extends VaultCommand {
  static override summary = 'Show one backup: what is in it, how it was proven, and how far that can be trusted.'
  static override examples = ['<%= config.bin %> show shop-20261123T084201Z-k3x9qd -o backups --key-file vault.key']
  static override takes = ['storage'] as const
  static override args = {
    backup: string({ name: 'BACKUP', description: 'Id, path or address of the backup.' }),
  }
  static override flags = { ...placeFlags, ...decryptionFlags, ...retryFlags }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Show)
    const unlock = await readUnlock(flags, this.given)
    using progress = await startProgress({ quiet: true })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const found = await findNamed(args.backup, this.lookup(flags, hostFor(context, 'show')))
    const { manifest, manifestText, storage, key } = found
    if (!manifest || manifestText === undefined) {
      throw new DbvaultError(
        'MANIFEST_INVALID',
        `${storage.address(key)} has no manifest beside it, so nothing is known of it`,
        {
          hints: ['It can still be restored and checked by its path: dbvault verify PATH.'],
        },
      )
    }
    const shown = await show({ manifest, manifestText, address: storage.address(key) }, unlock)
    this.result(shown, manifestWords(shown.manifest, shown.address, shown.trust, shown.sealed))
  }
}
