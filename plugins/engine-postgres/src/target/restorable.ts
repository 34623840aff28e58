import type { Host } from 'dbvault'
import type { OpenBackup } from '../open-backup.ts'
import { identifier } from '../server/identifier.ts'
import type { Session } from '../server/session.ts'
import { foreignOwners, missingRoles, type Kept } from './missing-roles.ts'

/** Everything that would stop the restore in its middle, named at once. @throws RESTORE_FAILED */
export async function refuseUnlessRestorable(
  { contents }: OpenBackup,
  kept: Kept,
  session: Session,
  host: Host,
): Promise<void> {
  const roles = await missingRoles(contents, kept, session)
  if (roles.length > 0) {
    throw host.error(
      'RESTORE_FAILED',
      `The server lacks roles that own or may use what is restored: ${roles.join(', ')}`,
      {
        hints: [
          ...roles.map((role) => `CREATE ROLE ${identifier(role)};`),
          'Or restore without them: --no-postgres-owners --no-postgres-privileges',
        ],
      },
    )
  }
  const owners = kept.owners ? await foreignOwners(contents, session) : []
  if (owners.length > 0) {
    const user = identifier(session.server.user)
    throw host.error(
      'RESTORE_FAILED',
      `The user may not give what is restored to its owners: ${owners.map(({ name }) => name).join(', ')}`,
      {
        hints: [
          'Restore without them, as one that owns all of it: --no-postgres-owners',
          // Nobody is told to make the user a superuser.
          ...(owners.some(({ superuser }) => superuser)
            ? []
            : owners.map(({ name }) => `Or: GRANT ${identifier(name)} TO ${user};`)),
        ],
      },
    )
  }
  const wanted = contents.entries.filter(({ kind }) => kind === 'EXTENSION').map(({ name }) => name)
  const there = await session.rows<{ name: string }>('SELECT name FROM pg_catalog.pg_available_extensions')
  const extensions = wanted.filter((name) => name !== 'pg_cron' && !there.some((row) => row.name === name))
  if (extensions.length > 0) {
    throw host.error('RESTORE_FAILED', `The server lacks the extensions ${extensions.join(', ')}`, {
      hints: ['Install their packages on the server.'],
    })
  }
}
