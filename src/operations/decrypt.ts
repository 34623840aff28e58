import type { Readable } from 'node:stream'
import { readStart } from '../catalog/read-object.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type ArtifactToRead, authenticate, readDump } from '../pipeline/artifact.ts'
import { recognise as recogniseCompression } from '../pipeline/compress/compression.ts'
import { RECOGNISABLE_BYTES, recognise as recogniseCipher } from '../pipeline/encrypt/encryption.ts'
import type { OperationContext } from './context.ts'
import { DownloadOnce } from './download-once.ts'
import { hostFor } from './host-for.ts'
import { retrying } from './retry.ts'
import { type Unlock, unlockCipher } from './unlock.ts'

export interface DecryptRequest {
  /** For people, in errors and on the progress line. */
  readonly name: string
  /** Opens the encrypted bytes; called several times. */
  readonly open: () => Promise<Readable>
  /** Where each of these calls is a download: its size, so that it can be kept instead. */
  readonly remoteBytes?: number
  readonly unlock: Unlock
  /** Whether the compression is undone as well. */
  readonly decompress: boolean
  /** Takes the plain bytes, and must keep none of them when they end in an error. Called once all is authenticated. */
  readonly sink: (body: Readable) => Promise<void>
}

/**
 * Decrypts an artifact of any size in constant memory. It is read twice: no byte reaches the sink before the last one
 * is authenticated.
 * @throws ARTIFACT_FOREIGN when it is not encrypted by anything known; USAGE, KEY_WRONG, ARTIFACT_CORRUPT
 */
export async function decrypt(request: DecryptRequest, context: OperationContext): Promise<{ readonly bytes: number }> {
  const { name, open, remoteBytes: bytes } = request
  await using once = bytes === undefined ? undefined : new DownloadOnce({ name, open, bytes }, hostFor(context, name))
  try {
    return await decryptInto({ ...request, open: once?.open ?? open }, context)
  } finally {
    context.report({ kind: 'finished', subject: request.name })
  }
}

async function decryptInto(request: DecryptRequest, context: OperationContext): Promise<{ readonly bytes: number }> {
  const { name, open, unlock } = request
  const scheme = recogniseCipher(await readStart(open, RECOGNISABLE_BYTES))
  if (!scheme) {
    throw new DbvaultError(
      'ARTIFACT_FOREIGN',
      `${name} is not encrypted: it is neither a Fernet token nor an age file`,
      {
        hints: ['An artifact that is only compressed needs gunzip or zstd -d.'],
      },
    )
  }
  const source: ArtifactToRead = {
    name,
    open,
    encoding: { compression: 'none', cipher: unlockCipher(scheme, unlock, name) },
  }
  context.report({ kind: 'phase', subject: name, phase: 'authenticating' })
  await retrying('reading the artifact', name, context, () => authenticate(source, context.signal))
  const compression = request.decompress
    ? recogniseCompression(await readStart(async () => readDump(source), 16))
    : undefined
  if (request.decompress && !compression)
    throw new DbvaultError('ARTIFACT_FOREIGN', `What is inside ${name} is not compressed`)
  context.report({ kind: 'phase', subject: name, phase: 'decrypting' })
  let bytes = 0
  const plain = readDump(
    { ...source, encoding: { ...source.encoding, compression: compression ?? 'none' } },
    (total) => {
      bytes = total
      context.report({ kind: 'progress', subject: name, bytes })
    },
  )
  await request.sink(plain)
  return { bytes }
}
