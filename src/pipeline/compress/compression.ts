import type { Stage } from '../bytes.ts'
import { gunzip } from './gunzip.ts'
import { gzip } from './gzip.ts'
import { unzstd } from './unzstd.ts'
import { zstd } from './zstd.ts'

export type Compression = 'gzip' | 'zstd'

export interface CompressionFormat {
  /** The end of a file name, without its dot. */
  readonly extension: 'gz' | 'zst'
  readonly levels: { readonly min: number; readonly max: number; readonly default: number }
  /** `level` is a whole number within `levels`; who calls has checked it. */
  compress(level: number): Stage
  /** Throws ARTIFACT_CORRUPT for anything but the whole of what `compress` made. */
  decompress(): Stage
}

/** What an artifact can be compressed with. */
export const compressions: Readonly<Record<Compression, CompressionFormat>> = {
  gzip: {
    extension: 'gz',
    levels: { min: 1, max: 9, default: 6 },
    compress: (level) => gzip({ level }),
    decompress: () => gunzip(),
  },
  zstd: {
    extension: 'zst',
    // The levels above 19 are zstd's "ultra" ones: their memory is out of proportion to a frame of 1 MiB.
    levels: { min: 1, max: 19, default: 3 },
    compress: (level) => zstd({ level }),
    decompress: () => unzstd(),
  },
}

/** Which compression the flow that starts with these bytes (four are enough) was made with; undefined for none of ours. */
export function recognise(firstBytes: Uint8Array): Compression | undefined {
  const startsWith = (magic: readonly number[]): boolean => magic.every((byte, index) => firstBytes[index] === byte)
  if (startsWith([0x1f, 0x8b, 0x08])) return 'gzip'
  if (startsWith([0x28, 0xb5, 0x2f, 0xfd])) return 'zstd'
  return undefined
}
