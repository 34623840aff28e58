import { access } from 'node:fs/promises'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Host } from '../contract/host.ts'
import { type FoundBackup, findAtKey, findById, findNewest } from '../operations/find-backup.ts'
import type { Registry } from '../registry/registry.ts'
import { errnoOf } from '../storage/disk-error.ts'
import { isAddress, openAddress, openPlace } from './place.ts'

type Parsed = Readonly<Record<string, unknown>>

/** A backup named by an address, a path or an id; an id is looked up in the place that `-o` or `--cloud` names. */
export async function findNamed(name: string, flags: Parsed, registry: Registry, host: Host): Promise<FoundBackup> {
  if (isAddress(name) || (await exists(name))) {
    const { storage, key } = await openAddress(name, flags, registry, host)
    if (key === '')
      throw new DbvaultError('USAGE', `No file can be seen at ${name}`, {
        hints: ['If it is a directory, name one of the backups in it: dbvault list.'],
      })
    return findAtKey(storage, key, host)
  }
  if (flags['output'] === undefined && flags['cloud'] === undefined) {
    throw new DbvaultError(
      'USAGE',
      `There is no file ${name}, and where to look for a backup with that id was not said`,
      {
        hints: ['Add -o DIR or --cloud NAME, or give the path or address of the artifact.'],
      },
    )
  }
  const place = await openPlace(flags, undefined, registry, host)
  return findById(place.storage, place.key, name, host)
}

/** The newest backup in the place, of the engine and database that were named. */
export async function findNewestOf(flags: Parsed, registry: Registry, host: Host): Promise<FoundBackup> {
  const place = await openPlace(flags, undefined, registry, host)
  const [engine, database] = [flags['db'], flags['from-database']]
  return findNewest(
    place.storage,
    place.key,
    { ...(typeof engine === 'string' && { engine }), ...(typeof database === 'string' && { database }) },
    host,
  )
}

/** Whether there is, or may be, something at the path: what cannot be looked at is no id. */
async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? ''),
  )
}
