import type { ErrorCode, Host, Stored } from 'dbvault'
import { redisFormat, valkeyFormat } from './descriptor.ts'

/** @throws `code` when these are not the members of a backup of ours */
export function membersOf(stored: readonly Stored[], host: Host, code: ErrorCode): readonly Stored[] {
  const foreign = stored.find(({ format }) => format.id !== redisFormat.id && format.id !== valkeyFormat.id)
  if (stored[0]?.name === 'main' && foreign === undefined) return stored
  throw host.error(code, 'These are not the members of a Redis backup: not all of them are RDB files')
}
