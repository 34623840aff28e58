import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import { copyFlags } from '../cli/flags/destination.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { isExact } from '../cli/named-backup.ts'
import { operationContext } from '../cli/operation-context.ts'
import { openAddress } from '../cli/place.ts'
import { startProgress } from '../cli/progress.ts'
import { toJson } from '../cli/to-json.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { verdictOn } from '../cli/verdict.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type CopyResult, copyBackup } from '../operations/copy-backup.ts'
import { type FoundBackup, type FoundBackups, findAll, findAtKey, findById } from '../operations/find-backup.ts'
import type { Host } from '../contract/host.ts'
import { hostFor } from '../operations/host-for.ts'
import { size } from '../render/units.ts'

type Whole = FoundBackup & { readonly manifest: Manifest; readonly manifestText: string }
type Outcome = CopyResult | { readonly id: string; readonly error: DbvaultError }

export default class Copy extends VaultCommand {
  static override summary = 'Copy stored backups to another place: the bytes untouched, and checked on the way.'
  static override examples = [
    '<%= config.bin %> copy shop-20261123T084201Z-k3x9qd --from file:///backups --to file:///mnt/disk',
    '<%= config.bin %> copy --all --from backups --to /mnt/disk',
  ]
  static override takes = ['storage'] as const
  static override strict = false
  static override args = { backup: string({ name: 'BACKUP…', description: 'Ids of backups in --from.' }) }
  static override flags = {
    all: boolean({ summary: 'Every backup of --from.' }),
    ...copyFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Copy)
    if (flags.from === undefined || flags.to === undefined) {
      const missing = [flags.from === undefined && '--from', flags.to === undefined && '--to']
        .filter(Boolean)
        .join(' and ')
      throw new DbvaultError('USAGE', `Missing: ${missing}, the address of a place`)
    }
    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const host = hostFor(context, 'copy')
    const target = await openAddress(this.lookup(flags, host), flags.to)
    const { backups, damaged } = await this.#chosen(flags.from, argv as string[], flags, host)
    const results: Outcome[] = []
    for (const found of backups) {
      try {
        results.push(await copyBackup(found, { storage: target.storage, prefix: asFolder(target.key) }, context))
      } catch (error) {
        this.signal.throwIfAborted()
        results.push({ id: found.manifest.id, error: asDbvaultError(error) })
      }
    }
    results.push(...damaged.map(({ id, error }) => ({ id, error })))
    const value = toJson({ backups: results })
    const text = results
      .map((one) =>
        'error' in one
          ? `${one.id} failed`
          : `${one.id} → ${one.to} (${one.copied ? size(one.bytes) : 'there already'})`,
      )
      .join('\n')
    const verdict = verdictOn(
      'copies',
      results.map((one) => ('error' in one ? one.error : undefined)),
    )
    if (!verdict) return this.result(value, text)
    this.keep(value, text)
    throw verdict
  }

  async #chosen(
    from: string,
    ids: readonly string[],
    flags: Record<string, unknown>,
    host: Host,
  ): Promise<{ readonly backups: readonly Whole[]; readonly damaged: FoundBackups['damaged'] }> {
    const { storage, key } = await openAddress(this.lookup(flags, host), from)
    if (flags['all']) {
      const { backups, damaged } = await findAll(storage, key, {}, host)
      return { backups: backups.map(whole), damaged }
    }
    const found =
      ids.length > 0
        ? await Promise.all(ids.map((id) => findById(storage, key, id, host)))
        : isExact(key)
          ? [await findAtKey(storage, key, host)]
          : undefined
    if (found) return { backups: found.map(whole), damaged: [] }
    throw new DbvaultError('USAGE', 'Which backups to copy was not said', {
      hints: ['Name them by id, give --all, or let --from be the address of one artifact.'],
    })
  }
}

/** Several objects go to the target: what its address names in it is a folder, with or without the slash. */
function asFolder(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`
}

function whole({ manifest, manifestText, ...found }: FoundBackup): Whole {
  if (manifest && manifestText !== undefined) return { ...found, manifest, manifestText }
  throw new DbvaultError(
    'MANIFEST_INVALID',
    `${found.storage.address(found.key)} has no manifest, so it is not known to be whole`,
  )
}
