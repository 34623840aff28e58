import { string } from '@oclif/core/flags'
import { string as stringArg } from '@oclif/core/args'
import { placeFlags } from '../cli/flags/destination.ts'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { backupFilter } from '../cli/named-backup.ts'
import { operationContext } from '../cli/operation-context.ts'
import { openPlace } from '../cli/place.ts'
import { startProgress } from '../cli/progress.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { toJson } from '../cli/to-json.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { hostFor } from '../operations/host-for.ts'
import { list } from '../operations/list.ts'
import { retrying } from '../operations/retry.ts'
import { listingTable } from '../render/listing-table.ts'

export default class List extends VaultCommand {
  static override summary = 'List what is stored: backups, when each was proven, and what is not in order.'
  static override examples = ['<%= config.bin %> list -o backups', '<%= config.bin %> list file:///backups --json']
  static override takes = ['storage'] as const
  static override args = {
    place: stringArg({ name: 'PLACE', description: 'Address of the place, instead of -o or --cloud.' }),
  }
  static override flags = {
    db: string({ char: 'd', summary: 'Only backups of this kind of database.', helpValue: '<engine>' }),
    database: string({ char: 'D', summary: 'Only backups of this database.' }),
    ...placeFlags,
    ...decryptionFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(List)
    const unlock = await readUnlock(flags, this.given)
    using progress = await startProgress({ quiet: true })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const host = hostFor(context, 'list')
    const { storage, key } = await openPlace(this.lookup(flags, host), args.place)
    const filter = backupFilter(flags, 'database')
    const listing = await retrying('the listing', storage.label, context, () =>
      list(storage, key, filter, unlock, host),
    )
    this.result(toJson(listing), () => listingTable(listing, new Date()))
  }
}
