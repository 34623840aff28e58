import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { DigestName } from '../../contract/transfer.ts'
import { polynomialOf } from './crc.ts'

/** Computes one digest after the other. */
export interface Digester {
  update(bytes: Uint8Array): void
  /** The digest of all bytes since the last call. */
  take(): Buffer
}

export async function digester(name: DigestName): Promise<Digester> {
  switch (name) {
    case 'md5':
    case 'sha256':
      return ofNode(name)
    case 'crc32':
      return ofZlib()
    case 'crc32c':
      return ofWasm(await (await import('hash-wasm')).createCRC32(Number(polynomialOf(name))))
    case 'crc64nvme':
      return ofWasm(await (await import('hash-wasm')).createCRC64(polynomialOf(name).toString(16)))
  }
}

function ofNode(name: 'md5' | 'sha256'): Digester {
  let hash = createHash(name)
  return {
    update: (bytes) => void hash.update(bytes),
    take() {
      const digest = hash.digest()
      hash = createHash(name)
      return digest
    },
  }
}

function ofZlib(): Digester {
  let value = 0
  return {
    update: (bytes) => void (value = crc32(bytes, value)),
    take() {
      const digest = Buffer.alloc(4)
      digest.writeUInt32BE(value)
      value = 0
      return digest
    },
  }
}

/** What of hash-wasm is needed, whose own types want those of browsers. */
interface WasmHasher {
  init(): unknown
  update(bytes: Uint8Array): unknown
  digest(type: 'binary'): Uint8Array
}

function ofWasm(hasher: WasmHasher): Digester {
  hasher.init()
  return {
    update: (bytes) => void hasher.update(bytes),
    take() {
      const digest = Buffer.from(hasher.digest('binary'))
      hasher.init()
      return digest
    },
  }
}
