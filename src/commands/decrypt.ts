import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { boolean, string } from '@oclif/core/flags'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { tempFlags } from '../cli/flags/pipeline.ts'
import { retryFlags } from '../cli/flags/retry.ts'
import { isExact } from '../cli/named-backup.ts'
import { type Place, openAddress } from '../cli/place.ts'
import { operationContext } from '../cli/operation-context.ts'
import { startProgress } from '../cli/progress.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { resultStream } from '../cli/stdout.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { fileName } from '../catalog/layout.ts'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { decrypt } from '../operations/decrypt.ts'
import { hostFor } from '../operations/host-for.ts'
import { size } from '../render/units.ts'
import { isAddress, parseAddress } from '../storage/address.ts'
import { onDisk } from '../storage/disk-error.ts'
import { localStorage } from '../storage/local.ts'

export default class Decrypt extends VaultCommand {
  static override summary = 'Decrypt an artifact into a new file, or to stdout. What was compressed stays compressed.'
  static override examples = [
    '<%= config.bin %> decrypt -f shop-20261123T084201Z-k3x9qd.db.gz.enc --key-file vault.key',
    '<%= config.bin %> decrypt -f shop-20261123T084201Z-k3x9qd.db.gz.age -i identity.txt -o - | gunzip > shop.db',
  ]
  static override takes = ['storage'] as const
  static override flags = {
    file: string({
      char: 'f',
      summary: 'The encrypted artifact, a path or an address; it stays as it is.',
      helpValue: '<path>',
      env: 'DBVAULT_FILE',
    }),
    output: string({
      char: 'o',
      summary: 'New file, or - for stdout [the name without .enc or .age].',
      helpValue: '<path>',
    }),
    decompress: boolean({ summary: 'Undo the compression as well.', env: 'DBVAULT_DECOMPRESS' }),
    ...decryptionFlags,
    ...tempFlags,
    ...retryFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Decrypt)
    if (flags.file === undefined) throw new DbvaultError('USAGE', 'Missing: --file, the artifact to decrypt')
    if (flags.output === '-' && flags.json) throw new DbvaultError('USAGE', '--json and -o - both want stdout')
    const unlock = await readUnlock(flags, this.given)
    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext(flags, this.signal, progress.report, this.secrets)
    const host = hostFor(context, 'decrypt')
    const { storage, key, name, isLocal } = await this.#artifact(flags.file, flags, host)
    const output =
      flags.output === '-' ? undefined : resolve(flags.output ?? plainName(name, flags.decompress ?? false))
    if (output !== undefined && (await lstat(output).catch(() => undefined))) {
      // Looked at before hours of reading; that nothing is overwritten is for the storage to see to.
      throw new DbvaultError('OBJECT_EXISTS', `${output} exists already, and nothing is overwritten`)
    }
    const sink = async (body: Readable): Promise<void> => {
      if (output === undefined) await onDisk('write to', 'stdout', () => toStdout(body, this.signal))
      else await localStorage(dirname(output)).put(basename(output), body, host)
    }
    const open = (): Promise<Readable> => storage.get(key, host)
    const remote = isLocal ? {} : { remoteBytes: await bytesAt(storage, key, host) }
    const written = await decrypt(
      { name: basename(name), open, ...remote, unlock, decompress: flags.decompress ?? false, sink },
      context,
    )
    if (output !== undefined) this.result({ file: output, ...written }, `${output} (${size(written.bytes)})`)
  }

  /** Where the artifact is, and a path or name of it that tells what it is called without its encryption. */
  async #artifact(
    file: string,
    flags: Record<string, unknown>,
    host: Host,
  ): Promise<Place & { readonly name: string; readonly isLocal: boolean }> {
    if (isAddress(file) && parseAddress(file).scheme !== 'file') {
      const place = await openAddress(this.lookup(flags, host), file)
      if (isExact(place.key)) return { ...place, name: fileName(place.key), isLocal: false }
      throw new DbvaultError('USAGE', `${file} is not the address of one artifact`)
    }
    const named = isAddress(file) ? fileURLToPath(file) : resolve(file)
    if (!(await stat(named).catch(() => undefined))?.isFile())
      throw new DbvaultError('USAGE', `The file ${named} of --file does not exist`)
    // A link is the user's choice of a file, which the storage would not follow.
    const real = await realpath(named)
    return { storage: localStorage(dirname(real)), key: basename(real), name: named, isLocal: true }
  }
}

/** @throws OBJECT_NOT_FOUND */
async function bytesAt(storage: Storage, key: string, host: Host): Promise<number> {
  const found = await storage.stat(key, host)
  if (found) return found.bytes
  throw new DbvaultError('OBJECT_NOT_FOUND', `There is no artifact at ${storage.address(key)}`)
}

const toStdout = (body: Readable, signal: AbortSignal): Promise<void> => pipeline(body, resultStream(), { signal })

/** @throws USAGE when the name does not tell what is left of it */
function plainName(file: string, decompress: boolean): string {
  const decrypted = file.replace(/\.(enc|age)$/, '')
  const plain = decompress ? decrypted.replace(/\.(gz|zst)$/, '') : decrypted
  if (plain !== file && (!decompress || plain !== decrypted)) return plain
  throw new DbvaultError('USAGE', `The name ${basename(file)} does not tell how to call what is inside`, {
    hints: ['Say it with -o PATH.'],
  })
}
