import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Destination } from '../operations/backup-request.ts'
import type { StorageContribution } from '../registry/contribution.ts'
import { pluginFlags } from '../registry/flag-values.ts'
import { loadStorage } from '../registry/load.ts'
import type { Registry } from '../registry/registry.ts'
import { localStorage } from '../storage/local.ts'

type Parsed = Readonly<Record<string, unknown>>

/** A container, and the prefix or the key in it that an address names. */
export interface Place {
  readonly storage: Storage
  /** Empty for the whole container. */
  readonly key: string
}

/** The places that `-o` and `--cloud` name, the directory first. */
export async function openDestinations(flags: Parsed, registry: Registry, host: Host): Promise<Destination[]> {
  const destinations: Destination[] = []
  if (typeof flags['output'] === 'string') destinations.push({ storage: localStorage(resolve(flags['output'])) })
  for (const name of (flags['cloud'] as string[] | undefined) ?? []) {
    const contribution = registry.storage(name)
    const values = pluginFlags(contribution, flags)
    const storage = await (await loadStorage(contribution)).open(values, host)
    const key = roleValue(contribution, values, 'key')
    destinations.push({ storage, ...(key !== undefined && (key.endsWith('/') ? { prefix: key } : { key })) })
  }
  return destinations
}

/**
 * The one place that `-o`, `--cloud` or an address names.
 * @throws USAGE when there is none, or more than one
 */
export async function openPlace(
  flags: Parsed,
  address: string | undefined,
  registry: Registry,
  host: Host,
): Promise<Place> {
  const destinations = await openDestinations(flags, registry, host)
  if (address !== undefined) destinations.push(asDestination(await openAddress(address, flags, registry, host)))
  const [first, second] = destinations
  if (!first) {
    throw new DbvaultError('USAGE', 'Where the backups are was not said', {
      hints: ['Name a directory with -o DIR, a cloud with --cloud NAME, or give an address such as file:///backups.'],
    })
  }
  if (second)
    throw new DbvaultError('USAGE', 'More than one place was given', {
      hints: ['Give one of -o, --cloud and an address.'],
    })
  return { storage: first.storage, key: first.key ?? first.prefix ?? '' }
}

export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** `scheme://container/key`, or the path of a directory. @throws USAGE, PLUGIN_NOT_FOUND */
export async function openAddress(address: string, flags: Parsed, registry: Registry, host: Host): Promise<Place> {
  if (!isAddress(address)) return localPlace(resolve(address))
  const scheme = address.slice(0, address.indexOf(':')).toLowerCase()
  if (scheme === 'file') return localPlace(pathOf(address))
  const contribution = registry.storageOf(scheme)
  const rest = address.slice(scheme.length + 3)
  const slash = rest.indexOf('/')
  const [container, key] = slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
  const flag = Object.entries(contribution.descriptor.flags).find(
    ([, spec]) => 'role' in spec && spec.role === 'container',
  )
  const values = { ...pluginFlags(contribution, flags), ...(flag && { [flag[0]]: container }) }
  return { storage: await (await loadStorage(contribution)).open(values, host), key }
}

/** A directory is a container; a file is a key in the one that it lies in. */
async function localPlace(path: string): Promise<Place> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile()
    ? { storage: localStorage(dirname(path)), key: basename(path) }
    : { storage: localStorage(path), key: '' }
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address)
  } catch (cause) {
    throw new DbvaultError(
      'USAGE',
      `${address} is not the address of a file: it needs three slashes and an absolute path`,
      { cause },
    )
  }
}

function asDestination({ storage, key }: Place): Destination {
  return { storage, ...(key !== '' && { key }) }
}

function roleValue(contribution: StorageContribution, values: Parsed, role: 'container' | 'key'): string | undefined {
  const flag = Object.entries(contribution.descriptor.flags).find(([, spec]) => 'role' in spec && spec.role === role)
  const value = flag && values[flag[0]]
  return typeof value === 'string' && value !== '' ? value : undefined
}
