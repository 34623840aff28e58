import type { Readable } from 'node:stream'
import type { Fingerprint, Format } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import type { FormatDescriptor } from '../contract/plugin.ts'
import { fileName, manifestKey, sibling } from '../catalog/layout.ts'
import { verifyMac } from '../catalog/manifest-mac.ts'
import type { Manifest, SealedPart } from '../catalog/manifest.ts'
import { readStart } from '../catalog/read-object.ts'
import { unsealPart } from '../catalog/sealing.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { authenticate, readDump } from '../pipeline/artifact.ts'
import { type Compression, recognise as recogniseCompression } from '../pipeline/compress/compression.ts'
import { type Cipher, recognise as recogniseCipher } from '../pipeline/encrypt/encryption.ts'
import { type FoundBackup, isRemote } from './find-backup.ts'
import type { Provable } from './prove-stored.ts'
import { DownloadOnce } from './download-once.ts'
import { type Unlock, unlockCipher } from './unlock.ts'

/** As many first bytes as tell every cipher, compression and dump format apart. */
const START_BYTES = 512

/** A backup that is ready to be read. Disposing it gives back the room that a download takes. */
export interface OpenedBackup extends AsyncDisposable {
  /** The id, or the file name of a bare artifact. */
  readonly name: string
  readonly members: readonly Provable[]
  readonly fingerprint?: Fingerprint
  /** What cannot be checked for want of a manifest or its parts, one line each. */
  readonly unchecked: readonly string[]
  /** Key of the MAC of what is written beside it; absent for a backup that is not encrypted. */
  readonly macKey?: Buffer
}

/**
 * Opens a backup by its manifest, whose MAC is checked first.
 * @throws USAGE when it is encrypted and nothing to read it with was given; KEY_WRONG; MANIFEST_INVALID
 */
export async function openWithManifest(
  found: FoundBackup & { readonly manifest: Manifest; readonly manifestText: string },
  unlock: Unlock,
  host: Host,
): Promise<OpenedBackup> {
  const { storage, manifest, manifestText } = found
  const where = storage.address(manifestKey(found.key))
  const { scheme } = manifest.encryption
  const cipher = scheme === 'none' ? undefined : unlockCipher(scheme, unlock, manifest.id)
  const sealed = cipher && (await unsealPart(manifest, cipher, where))
  verifyMac(manifestText, sealed?.macKey, where)
  for (const { artifact } of manifest.members) {
    if (artifact.encryption !== scheme)
      throw new DbvaultError('MANIFEST_INVALID', `The manifest ${where} contradicts itself about encryption`)
  }
  const fingerprint = sealed ? sealed.part.fingerprint : manifest.fingerprint
  return {
    name: manifest.id,
    members: manifest.members.map((member) => provable(found, member, cipher, sealed?.part, host)),
    unchecked: fingerprint
      ? []
      : ['It was made without a fingerprint, so that its rows can be restored but not compared.'],
    ...(fingerprint && { fingerprint }),
    ...(sealed && { macKey: sealed.macKey }),
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * Opens an artifact that has no manifest, by what its bytes and its name tell.
 * @throws ARTIFACT_FOREIGN when it is none of the formats; USAGE, KEY_WRONG, ARTIFACT_CORRUPT
 */
export async function openBare(
  found: FoundBackup,
  unlock: Unlock,
  formats: readonly FormatDescriptor[],
  host: Host,
): Promise<OpenedBackup> {
  const { storage, key } = found
  const name = fileName(key)
  const get = (): ReturnType<FoundBackup['storage']['get']> => storage.get(key, host)
  const bytes = (await storage.stat(key, host))?.bytes
  // It is read to its end before its format can be told.
  const once = isRemote(storage)
    ? new DownloadOnce({ name: storage.address(key), open: get, ...(bytes !== undefined && { bytes }) }, host)
    : undefined
  try {
    return await openBytes(name, once?.open ?? get, unlock, formats, host, async () => once?.[Symbol.asyncDispose]())
  } catch (error) {
    await once?.[Symbol.asyncDispose]()
    throw error
  }
}

async function openBytes(
  name: string,
  open: () => Promise<Readable>,
  unlock: Unlock,
  formats: readonly FormatDescriptor[],
  host: Host,
  dispose: () => Promise<void>,
): Promise<OpenedBackup> {
  const scheme = recogniseCipher(await readStart(open, START_BYTES))
  const cipher = scheme && unlockCipher(scheme, unlock, name)
  const source = { name, open, encoding: { compression: 'none' as const, ...(cipher && { cipher }) } }
  if (cipher) await authenticate(source, host.signal)
  const compression: Compression | 'none' =
    recogniseCompression(await readStart(async () => readDump(source), START_BYTES)) ?? 'none'
  const encoding = { ...source.encoding, compression }
  const start = await readStart(async () => readDump({ ...source, encoding }), START_BYTES)
  return {
    name,
    members: [{ ...source, encoding, member: 'main', format: formatOf(name, start, formats) }],
    unchecked: [
      'There is no manifest beside it, so nothing says that it is whole, when it was made, or what it should hold.',
      ...(cipher ? [] : ['It is not encrypted, so nothing vouches for its bytes either.']),
    ],
    [Symbol.asyncDispose]: dispose,
  }
}

/** By its first bytes where the format has such, else by the extension in its name. */
function formatOf(name: string, start: Buffer, formats: readonly FormatDescriptor[]): Format {
  const byMagic = formats.find(
    ({ magic }) => magic !== undefined && start.subarray(0, magic.length / 2).toString('hex') === magic,
  )
  const extensions = name.split('.').slice(1)
  const found = byMagic ?? formats.find(({ magic, extension }) => magic === undefined && extensions.includes(extension))
  if (found) return { id: found.id, extension: found.extension }
  throw new DbvaultError('ARTIFACT_FOREIGN', `${name} is not a backup that the chosen engine can read`, {
    hints: [
      start.length === 0 ? 'It is empty.' : `Known formats: ${formats.map(({ id }) => id).join(', ')}.`,
      'Name the engine that made it with --db.',
    ],
  })
}

function provable(
  { storage, key }: FoundBackup,
  member: Manifest['members'][number],
  cipher: Cipher | undefined,
  sealed: SealedPart | undefined,
  host: Host,
): Provable {
  const { name, format, artifact, dump } = member
  const artifactKey = sibling(key, artifact.name)
  const sha256 = sealed?.dumps[name] ?? dump.sha256
  return {
    member: name,
    format,
    name: storage.address(artifactKey),
    open: () => storage.get(artifactKey, host),
    remote: isRemote(storage),
    encoding: { compression: artifact.compression, ...(cipher && { cipher }) },
    artifact: { bytes: artifact.bytes, sha256: artifact.sha256 },
    dump: { bytes: dump.bytes, ...(sha256 !== undefined && { sha256 }) },
  }
}
