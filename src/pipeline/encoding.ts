import type { Bytes } from './bytes.ts'
import { type Compression, compressions } from './compress/compression.ts'
import type { Cipher } from './encrypt/encryption.ts'

/** How a dump becomes an artifact: compressed, then encrypted. */
export interface Encoding {
  readonly compression: Compression | 'none'
  readonly level?: number
  readonly cipher?: Cipher
}

/** What the encoding adds to a name: `.gz.enc`. */
export function suffixOf({ compression, cipher }: Encoding): string {
  const compressed = compression === 'none' ? '' : `.${compressions[compression].extension}`
  return compressed + (cipher ? `.${cipher.extension}` : '')
}

export function encode(dump: Bytes, { compression, level, cipher }: Encoding): Bytes {
  const compressed =
    compression === 'none'
      ? dump
      : compressions[compression].compress(level ?? compressions[compression].levels.default)(dump)
  return cipher ? cipher.encrypt()(compressed) : compressed
}

/** What it yields is provisional until it ends without an error: with some ciphers only the end vouches for all of it. */
export function decode(artifact: Bytes, { compression, cipher }: Encoding): Bytes {
  const compressed = cipher ? cipher.decrypt()(artifact) : artifact
  return compression === 'none' ? compressed : compressions[compression].decompress()(compressed)
}
