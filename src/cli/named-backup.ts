import { access } from 'node:fs/promises'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type BackupFilter, type FoundBackup, findAtKey, findById, findNewest } from '../operations/find-backup.ts'
import { isAddress } from '../storage/address.ts'
import { errnoOf } from '../storage/disk-error.ts'
import { type Lookup, openAddress, openPlace } from './place.ts'

/**
 * A backup named by an address, by a path, or by an id or key in the place that `-o` or `--cloud` names; without a name
 * it is the one whose key that place names exactly.
 * @throws USAGE when no backup or no place was named; BACKUP_NOT_FOUND
 */
export async function findNamed(name: string | undefined, lookup: Lookup): Promise<FoundBackup> {
  const { flags, host } = lookup
  if (name !== undefined && (isAddress(name) || (await exists(name)))) {
    const { storage, key } = await openAddress(lookup, name)
    if (key === '' || key.endsWith('/'))
      throw new DbvaultError('USAGE', `No file can be seen at ${name}`, {
        hints: ['If it is a directory, name one of the backups in it: dbvault list.'],
      })
    return findAtKey(storage, key, host)
  }
  const placeSaid = flags['output'] !== undefined || flags['cloud'] !== undefined
  if (name !== undefined && !placeSaid) {
    throw new DbvaultError(
      'USAGE',
      `There is no file ${name}, and where to look for a backup with that id was not said`,
      {
        hints: ['Add -o DIR or --cloud NAME, or give the path or address of the artifact.'],
      },
    )
  }
  if (name !== undefined) return findInPlace(name, await openPlace(lookup), host)
  const exact = placeSaid ? await findExact(lookup) : undefined
  if (exact) return exact
  throw new DbvaultError('USAGE', 'Which backup is meant was not said', {
    hints: ['Give an id, a path or an address. See what there is with: dbvault list.'],
  })
}

/** The backup whose key the place itself names; undefined where that names a container or a folder. */
export async function findExact(lookup: Lookup): Promise<FoundBackup | undefined> {
  const { storage, key } = await openPlace(lookup)
  return isExact(key) ? findAtKey(storage, key, lookup.host) : undefined
}

/** The newest backup in the place, of the engine and database that were named. */
export async function findNewestOf(lookup: Lookup, address?: string): Promise<FoundBackup> {
  const place = await openPlace(lookup, address)
  return findNewest(place.storage, place.key, backupFilter(lookup.flags, 'from-database'), lookup.host)
}

/** What `--db` and the flag for the database narrow the backups down to. */
export function backupFilter(flags: Lookup['flags'], databaseFlag: 'database' | 'from-database'): BackupFilter {
  const { db: engine, [databaseFlag]: database } = flags
  return { ...(typeof engine === 'string' && { engine }), ...(typeof database === 'string' && { database }) }
}

/** Whether a place's key is that of one artifact. */
export const isExact = (key: string): boolean => key !== '' && !key.endsWith('/')

async function findInPlace(
  name: string,
  { storage, key }: { readonly storage: FoundBackup['storage']; readonly key: string },
  host: Lookup['host'],
): Promise<FoundBackup> {
  try {
    return await findById(storage, key, name, host)
  } catch (error) {
    if (!DbvaultError.is(error) || error.code !== 'BACKUP_NOT_FOUND' || isExact(key) || isOddKey(name)) throw error
    return findAtKey(storage, key + name, host).catch((atKey: unknown) => {
      throw DbvaultError.is(atKey) && atKey.code === 'BACKUP_NOT_FOUND' ? error : atKey
    })
  }
}

const isOddKey = (key: string): boolean => key.split('/').some((part) => ['', '.', '..'].includes(part))

/** Whether there is, or may be, something at the path: what cannot be looked at is no id. */
async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? ''),
  )
}
