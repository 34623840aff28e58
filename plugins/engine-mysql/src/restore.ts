import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import type { Flags } from './descriptor.ts'

export async function restore(_: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  throw host.error('RESTORE_FAILED', 'Not yet')
}
