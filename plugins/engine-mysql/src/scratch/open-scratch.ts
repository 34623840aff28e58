import type { Host, Scratch } from 'dbvault'
import type { Flags } from '../descriptor.ts'
import { loginOf, type Login } from '../server/login.ts'
import { serverError } from '../server/server-error.ts'
import { findServer } from '../tool/find-tools.ts'
import type { Origin } from './origin.ts'
import type { Place } from './place.ts'
import { privateServer } from './private-server.ts'
import { scratchSchema } from './scratch-schema.ts'

/**
 * A place to try a restore in: a private server if there is a program for one, else a database on the source or on the
 * server of a URL, as far as `mode` admits them.
 * @throws PROOF_UNFINISHED, and what connecting throws
 */
export async function openScratch(scratch: Scratch<Flags>, origin: Origin, host: Host): Promise<Place> {
  const { mode, source, url, flags } = scratch
  if (mode === 'url') return await onServer(await loginOf({ flags, ...(url && { url }) }, host), host)
  if (mode !== 'source' && !(mode === 'auto' && source && origin.elsewhere?.length)) {
    const { vendor, version, database, lowerCaseTableNames } = origin
    const server = await findServer(vendor, version, flags, host)
    if (server) return await privateServer({ server, database, lowerCaseTableNames }, host)
    if (mode === 'private' || !source) {
      throw host.error(
        'PROOF_UNFINISHED',
        `There is no server program of ${vendor} ${version} or newer on this machine`,
        {
          hints: [
            'Name the directory that it is in with --mysql-bin-dir.',
            'Or name a server to restore to with --scratch mysql://user:password@host/.',
          ],
        },
      )
    }
  }
  if (!source) throw host.error('USAGE', 'There is no source at hand to restore to', { hints: ['Use --scratch URL.'] })
  return await onServer(await loginOf(source, host), host)
}

async function onServer(login: Login, host: Host): Promise<Place> {
  try {
    return await scratchSchema('scratch', login, host, { replicated: false })
  } catch (error) {
    throw serverError(host, login, error, 'PROOF_UNFINISHED')
  }
}
