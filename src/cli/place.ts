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
import { isAddress, parseAddress } from '../storage/address.ts'
import { localStorage } from '../storage/local.ts'
import type { Given } from './one-of.ts'

/** What a command looks places up with. */
export interface Lookup {
  readonly flags: Readonly<Record<string, unknown>>
  readonly given: Given
  readonly registry: Registry
  readonly host: Host
}

/** A container, and what in it is meant. */
export interface Place {
  readonly storage: Storage
  /** Empty for the whole container; a folder where it ends in a slash; else the key of one artifact, or a folder. */
  readonly key: string
}

/** The places that `-o` and `--cloud` name, the directory first. @throws USAGE, PLUGIN_NOT_FOUND */
export async function openDestinations({ flags, registry, host }: Lookup): Promise<Destination[]> {
  const { output, cloud: names = [] } = flags as { readonly output?: string; readonly cloud?: readonly string[] }
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) {
    throw new DbvaultError('USAGE', `--cloud=${twice} was given twice, and its flags can name only one place`, {
      hints: ['To have a backup in two places of one kind, copy it: dbvault copy.'],
    })
  }
  const destinations: Destination[] = output === undefined ? [] : [{ storage: localStorage(directoryOf(output)) }]
  for (const name of names) {
    const contribution = registry.storage(name)
    const values = pluginFlags(contribution, flags)
    const storage = await (await loadStorage(contribution, host)).open(values, host)
    const key = roleValue(contribution, values, 'key')
    destinations.push({ storage, ...(key !== undefined && (key.endsWith('/') ? { prefix: key } : { key })) })
  }
  return destinations
}

/**
 * The one place that `-o`, `--cloud` or an address names. What stands on the command line counts, before what is only
 * exported for other commands.
 * @throws USAGE when there is none, or more than one
 */
export async function openPlace(lookup: Lookup, address?: string): Promise<Place> {
  const { flags, given } = lookup
  const said = ['output', 'cloud'].filter((name) => flags[name] !== undefined && given(name))
  const kept = address !== undefined || said.length > 0 ? said : ['output', 'cloud']
  const counted = { ...flags, output: undefined, cloud: undefined }
  for (const name of kept) Object.assign(counted, { [name]: flags[name] })
  const destinations = await openDestinations({ ...lookup, flags: counted })
  const places = destinations.map(({ storage, key, prefix }) => ({ storage, key: key ?? prefix ?? '' }))
  if (address !== undefined) places.push(await openAddress(lookup, address))
  const [first, second] = places
  if (!first) {
    throw new DbvaultError('USAGE', 'Where the backups are was not said', {
      hints: ['Name a directory with -o DIR, a cloud with --cloud NAME, or give an address such as file:///backups.'],
    })
  }
  if (second)
    throw new DbvaultError('USAGE', 'More than one place was given', {
      hints: ['Give one of -o, --cloud and an address.'],
    })
  return first
}

/** `scheme://container/key`, or the path of a directory or file. @throws USAGE, PLUGIN_NOT_FOUND */
export async function openAddress({ flags, registry, host }: Lookup, address: string): Promise<Place> {
  if (!isAddress(address)) return localPlace(resolve(address))
  const { scheme, container, key } = parseAddress(address)
  if (scheme === 'file') return localPlace(pathOf(address))
  const contribution = registry.storageOf(scheme)
  if (container === '') {
    throw new DbvaultError('USAGE', `${address} names no container: it has to be ${scheme}://container/key`)
  }
  const flag = flagOfRole(contribution, 'container')
  const values = { ...pluginFlags(contribution, flags), ...(flag !== undefined && { [flag]: container }) }
  return { storage: await (await loadStorage(contribution, host)).open(values, host), key }
}

/** A directory is a container; a file is a key in the one that it lies in. */
async function localPlace(path: string): Promise<Place> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile()
    ? { storage: localStorage(dirname(path)), key: basename(path) }
    : { storage: localStorage(path), key: '' }
}

/** @throws USAGE for the address of a cloud, which would else become a directory of that name */
function directoryOf(output: string): string {
  if (!isAddress(output)) return resolve(output)
  if (parseAddress(output).scheme === 'file') return pathOf(output)
  throw new DbvaultError('USAGE', `-o names a directory of this machine, and ${output} is an address`, {
    hints: ['Name a cloud with --cloud and its flags.'],
  })
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

function roleValue(
  contribution: StorageContribution,
  values: Readonly<Record<string, unknown>>,
  role: 'container' | 'key',
): string | undefined {
  const flag = flagOfRole(contribution, role)
  const value = flag === undefined ? undefined : values[flag]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function flagOfRole({ descriptor }: StorageContribution, role: 'container' | 'key'): string | undefined {
  return Object.entries(descriptor.flags).find(([, spec]) => 'role' in spec && spec.role === role)?.[0]
}
