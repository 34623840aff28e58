import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { type Catalog, type CatalogBackup, readCatalog } from '../catalog/catalog.ts'
import { readManifest } from '../catalog/manifests.ts'
import { fileName, manifestKey, roleOf } from '../catalog/layout.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { seriesOf } from '../catalog/series.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { LOCAL } from '../storage/local.ts'

/** A backup where it lies. Without a manifest it is a bare artifact, of which only the bytes are known. */
export interface FoundBackup {
  readonly storage: Storage
  /** Of the main artifact. */
  readonly key: string
  readonly manifest?: Manifest
  readonly manifestText?: string
}

/** Whether what lies there has to be downloaded. */
export const isRemote = (storage: Storage): boolean => storage.name !== LOCAL

/** Narrows a catalog down: all that is given must fit. */
export interface BackupFilter {
  readonly engine?: string
  readonly database?: string
}

/**
 * The backup with this id.
 * @throws BACKUP_NOT_FOUND, naming the nearest ids
 */
export async function findById(storage: Storage, prefix: string, id: string, host: Host): Promise<FoundBackup> {
  const { backups, damaged } = await readCatalog(storage, prefix, host)
  const found = backups.find(({ manifest }) => manifest.id === id)
  if (found) return asFound(storage, found)
  const broken = damaged.find(({ key }) => fileName(key).startsWith(`${id}.`))
  if (broken) throw broken.error
  throw new DbvaultError('BACKUP_NOT_FOUND', `${storage.label} has no backup with the id ${id}`, {
    hints:
      backups.length === 0
        ? ['It has no backups at all.']
        : [`The newest there is ${backups[0]?.manifest.id}. See all of them with: dbvault list`],
  })
}

/**
 * The newest backup that fits, whole ones only.
 * @throws BACKUP_NOT_FOUND; USAGE when what fits are backups of several databases, which have no newest among them
 */
export async function findNewest(
  storage: Storage,
  prefix: string,
  filter: BackupFilter,
  host: Host,
): Promise<FoundBackup> {
  const [newest, another, ...rest] = await findNewestOfEach(storage, prefix, filter, host)
  if (newest && !another) return newest
  if (newest && another) {
    throw new DbvaultError('USAGE', `${storage.label} has backups of ${rest.length + 2} databases that fit`, {
      hints: [
        'Say which with --db and --from-database. Databases of one name are told apart by the id of the backup:',
        ...[newest, another, ...rest].map(({ manifest }) => `${manifest?.id} (${manifest?.createdAt})`),
      ],
    })
  }
  const wanted = [
    filter.engine && `of ${filter.engine}`,
    filter.database && `of the database ${filter.database}`,
  ].filter(Boolean)
  throw new DbvaultError('BACKUP_NOT_FOUND', `${storage.label} has no backup ${wanted.join(' ')}`.trimEnd(), {
    hints: ['See what is there with: dbvault list'],
  })
}

/**
 * The newest whole backup of each database of which one fits, the newest of all first. What is newer and is passed over,
 * because it is not whole or its manifest cannot be read, is warned of.
 */
export async function findNewestOfEach(
  storage: Storage,
  prefix: string,
  filter: BackupFilter,
  host: Host,
): Promise<FoundBackup[]> {
  const { backups, damaged } = await readCatalog(storage, prefix, host)
  const warn = (message: string): void => host.report({ kind: 'warning', message })
  for (const { key } of damaged) warn(`Passed over, because its manifest cannot be read: ${storage.address(key)}`)
  const newest = newestOfEach(backups, filter, (backup) => {
    const whole = isWhole(backup)
    if (!whole) warn(`Passed over, because it is not whole any more: ${backup.manifest.id}, which is newer`)
    return whole
  })
  return newest.map((backup) => asFound(storage, backup))
}

/**
 * The newest backup of each database of which one fits, also where a listing tells it to be damaged, and every manifest that
 * cannot be read and may be of a newer one: an older one that is good must not hide either.
 * @throws BACKUP_NOT_FOUND
 */
export async function findNewestToVerify(
  storage: Storage,
  prefix: string,
  filter: BackupFilter,
  host: Host,
): Promise<FoundBackups> {
  const { backups, damaged } = await readCatalog(storage, prefix, host)
  const newest = newestOfEach(backups, filter, () => true)
  const hidden = damaged.filter(({ key }) => !newest.some((backup) => isOlder(key, backup.key)))
  if (newest.length + hidden.length === 0)
    throw new DbvaultError('BACKUP_NOT_FOUND', `${storage.label} has no backup to verify`)
  return { backups: newest.map((backup) => asFound(storage, backup)), damaged: asDamaged(storage, hidden) }
}

/** Of backups that come newest first. */
function newestOfEach(
  backups: readonly CatalogBackup[],
  filter: BackupFilter,
  admits: (backup: CatalogBackup) => boolean,
): CatalogBackup[] {
  const newest = new Map<string, CatalogBackup>()
  for (const backup of backups) {
    const series = seriesOf(backup.manifest)
    if (fits(backup.manifest, filter) && !newest.has(series) && admits(backup)) newest.set(series, backup)
  }
  return [...newest.values()]
}

/** By their names, which tell of usual ones what they are of and when they were made. */
function isOlder(key: string, other: string): boolean {
  const [own, its] = [key, other].map((one) => /^(.*)-(\d{8}T\d{6}Z)-/s.exec(one))
  return own?.[1] !== undefined && own[1] === its?.[1] && (own[2] ?? '') < (its[2] ?? '')
}

/** Everything in a place that is, or was, a backup. */
export interface FoundBackups {
  /** All that fit, newest first, also those whose artifact is gone: reading them says so. */
  readonly backups: readonly FoundBackup[]
  /** Manifests that cannot be read, whatever they would fit. */
  readonly damaged: readonly { readonly id: string; readonly address: string; readonly error: DbvaultError }[]
}

/** All that fit. Nobody can tell what a damaged manifest would fit, so those are all named. */
export async function findAll(
  storage: Storage,
  prefix: string,
  filter: BackupFilter,
  host: Host,
): Promise<FoundBackups> {
  const { backups, damaged } = await readCatalog(storage, prefix, host)
  return {
    backups: backups.filter(({ manifest }) => fits(manifest, filter)).map((backup) => asFound(storage, backup)),
    damaged: asDamaged(storage, damaged),
  }
}

function asDamaged(storage: Storage, damaged: Catalog['damaged']): FoundBackups['damaged'] {
  return damaged.map(({ key, error }) => ({ id: fileName(key), address: storage.address(key), error }))
}

/** The backup whose main artifact or manifest has this key; a bare artifact when there is no manifest beside it. */
export async function findAtKey(storage: Storage, key: string, host: Host): Promise<FoundBackup> {
  const role = roleOf(key)
  const artifact = role.role === 'manifest' ? role.artifact : key
  const manifest = manifestKey(artifact)
  if (await storage.stat(manifest, host)) {
    const { manifest: read, text } = await readManifest(storage, manifest, host)
    return { storage, key: artifact, manifest: read, manifestText: text }
  }
  if (await storage.stat(artifact, host)) return { storage, key: artifact }
  throw new DbvaultError('BACKUP_NOT_FOUND', `There is no backup at ${storage.address(artifact)}`)
}

export function fits(manifest: Manifest, { engine, database }: BackupFilter): boolean {
  return (
    (engine ?? manifest.engine.name) === manifest.engine.name && (database ?? manifest.database) === manifest.database
  )
}

/** As far as a listing tells. */
const isWhole = ({ missing, torn }: CatalogBackup): boolean => missing.length + torn.length === 0

function asFound(storage: Storage, { key, manifest, manifestText }: CatalogBackup): FoundBackup {
  return { storage, key, manifest, manifestText }
}
