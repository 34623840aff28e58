import type { Host, Stored } from 'dbvault'
import { readMember } from '../read-member.ts'
import type { RdbKey, RdbVisitor } from '../rdb/rdb-walk.ts'
import type { StreamDetail } from '../rdb/kinds.ts'
import type { Loader } from './loader.ts'
import type { Survey } from './survey.ts'

export interface Route {
  /** Where a key goes; undefined: nowhere. */
  (key: RdbKey): { readonly loader: Loader; readonly database: number } | undefined
}

/** Reads the members again and hands each key to the loader of its server. */
export async function loadMembers(
  members: readonly Stored[],
  { large }: Survey,
  {
    route,
    loaders,
    detail,
    begun,
  }: { route: Route; loaders: readonly Loader[]; detail: StreamDetail; begun: number[] },
  host: Host,
): Promise<{ readonly expired: number }> {
  let expired = 0
  for (const [index, member] of members.entries()) {
    const sizes = large[index] ?? new Map<number, number>()
    let place = 0
    let current: Loader | undefined
    const visitor: RdbVisitor = {
      key(key) {
        const at = place++
        current = undefined
        const to = route(key)
        if (to === undefined) return
        if (key.expires !== undefined && key.expires <= Date.now()) {
          expired++
          return
        }
        current = to.loader
        to.loader.begin(key, to.database, at, sizes.get(at))
        begun[index] = place
      },
      part: (bytes, start, end) => current?.part(bytes, start, end),
      value: (_key, { hash }) => current?.end(hash),
    }
    const take = async (): Promise<void> => {
      for (const loader of loaders) await loader.flush()
    }
    await readMember(member, visitor, { code: 'RESTORE_FAILED', detail, take }, host)
  }
  return { expired }
}
