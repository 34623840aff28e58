import { destinationFlags } from '../cli/flags/destination.ts'
import { encryptionFlags } from '../cli/flags/encryption.ts'
import { pipelineFlags, tempFlags } from '../cli/flags/pipeline.ts'
import { proofFlags } from '../cli/flags/proof.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { sourceFlags } from '../cli/flags/source.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'

export default class Backup extends VaultCommand {
  static override summary = 'Back up databases, and prove that the backups can be restored.'
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
    throw new DbvaultError('INTERNAL', `backup of ${flags.db} is not there yet`)
  }
}
