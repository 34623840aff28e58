import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { boolean, string } from '@oclif/core/flags'
import { decryptionFlags } from '../cli/flags/encryption.ts'
import { operationContext } from '../cli/operation-context.ts'
import { startProgress } from '../cli/progress.ts'
import { readUnlock } from '../cli/secret-input.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { decrypt } from '../operations/decrypt.ts'
import { hostFor } from '../operations/host-for.ts'
import { size } from '../render/units.ts'
import { onDisk } from '../storage/disk-error.ts'
import { localStorage } from '../storage/local.ts'

export default class Decrypt extends VaultCommand {
  static override summary = 'Decrypt an artifact into a new file, or to stdout. What was compressed stays compressed.'
  static override examples = [
    '<%= config.bin %> decrypt -f shop-20261123T084201Z-k3x9qd.db.gz.enc --key-file vault.key',
    '<%= config.bin %> decrypt -f shop-20261123T084201Z-k3x9qd.db.gz.age -i identity.txt -o - | gunzip > shop.db',
  ]
  static override flags = {
    file: string({ char: 'f', summary: 'The encrypted artifact; it stays as it is.', helpValue: '<path>' }),
    output: string({
      char: 'o',
      summary: 'New file, or - for stdout [the name without .enc or .age].',
      helpValue: '<path>',
    }),
    decompress: boolean({ summary: 'Undo the compression as well.' }),
    ...decryptionFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Decrypt)
    if (flags.file === undefined) throw new DbvaultError('USAGE', 'Missing: --file, the artifact to decrypt')
    const named = resolve(flags.file)
    if (!(await stat(named).catch(() => undefined))?.isFile())
      throw new DbvaultError('USAGE', `The file ${named} of --file does not exist`)
    const file = await realpath(named)
    if (flags.output === '-' && flags.json) throw new DbvaultError('USAGE', '--json and -o - both want stdout')
    const output =
      flags.output === '-' ? undefined : resolve(flags.output ?? plainName(named, flags.decompress ?? false))
    const unlock = await readUnlock(flags, this.given)
    if (output !== undefined && (await lstat(output).catch(() => undefined))) {
      // Looked at before hours of reading; that nothing is overwritten is for the storage to see to.
      throw new DbvaultError('OBJECT_EXISTS', `${output} exists already, and nothing is overwritten`)
    }

    using progress = await startProgress({ quiet: flags.quiet ?? false })
    const context = await operationContext({}, this.signal, progress.report)
    const host = hostFor(context, 'decrypt')
    const sink = async (body: Readable): Promise<void> => {
      if (output === undefined) await onDisk('write to', 'stdout', () => toStdout(body, this.signal))
      else await localStorage(dirname(output)).put(basename(output), body, host)
    }
    const written = await decrypt(
      {
        name: basename(named),
        open: () => localStorage(dirname(file)).get(basename(file), host),
        unlock,
        decompress: flags.decompress ?? false,
        sink,
      },
      context,
    )
    if (output !== undefined) this.result({ file: output, ...written }, `${output} (${size(written.bytes)})`)
  }
}

const toStdout = (body: Readable, signal: AbortSignal): Promise<void> =>
  pipeline(body, process.stdout, { signal, end: false })

/** @throws USAGE when the name does not tell what is left of it */
function plainName(file: string, decompress: boolean): string {
  const decrypted = file.replace(/\.(enc|age)$/, '')
  const plain = decompress ? decrypted.replace(/\.(gz|zst)$/, '') : decrypted
  if (plain !== file && (!decompress || plain !== decrypted)) return plain
  throw new DbvaultError('USAGE', `The name ${basename(file)} does not tell how to call what is inside`, {
    hints: ['Say it with -o PATH.'],
  })
}
