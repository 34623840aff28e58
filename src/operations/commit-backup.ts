import type { Fingerprint } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { fileName, manifestKey } from '../catalog/layout.ts'
import { withMac } from '../catalog/manifest-mac.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { sealPart } from '../catalog/sealing.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Cipher } from '../pipeline/encrypt/encryption.ts'
import { TOOL } from '../tool.ts'
import type { Location } from './backup-request.ts'
import type { OperationContext } from './context.ts'
import type { Copied } from './copy-artifacts.ts'
import type { DumpedBackup, DumpedMember } from './dump-to-storage.ts'
import { cleanupHost } from './host-for.ts'
import { putManifest } from './put-manifest.ts'

/** What is known of a backup besides its bytes. */
export type Draft = Pick<
  Manifest,
  'id' | 'sourceId' | 'createdAt' | 'engine' | 'database' | 'consistency' | 'status' | 'proof' | 'warnings'
> & {
  readonly labels: Readonly<Record<string, string>>
  readonly incomplete: readonly string[]
  readonly fingerprint?: Fingerprint
  /** The age recipients that the user named. */
  readonly recipients: readonly string[]
}

/**
 * Writes the manifest in every place; before that there is no backup, after it there is. The first place must
 * succeed, or nothing does; each copy has its own verdict.
 */
export async function commitBackup(
  draft: Draft,
  dumped: DumpedBackup,
  copies: readonly Copied[],
  cipher: Cipher | undefined,
  context: OperationContext,
  subject: string,
): Promise<readonly Location[]> {
  const seal = await sealedFields(draft, dumped.members, cipher)
  const first = await commitAt(
    dumped.storage,
    dumped.members.map(({ key }) => key),
  )
  const others = await Promise.all(copies.map(commitCopy))
  return [first, ...others]

  async function commitCopy(copy: Copied): Promise<Location> {
    const { storage, key } = copy.destination
    const failed = (error: unknown): Location => ({
      storage: storage.name,
      address: storage.address(key ?? dumped.members[0]?.key ?? ''),
      status: 'failed',
      error: asDbvaultError(error, context.signal),
    })
    if ('error' in copy) return failed(copy.error)
    try {
      const location = await commitAt(storage, copy.keys)
      await copy.marker.remove(cleanupHost(context, subject)).catch(() => {}) // It counts as dead after 15 minutes.
      return location
    } catch (error) {
      await copy.discard()
      return failed(error)
    }
  }

  async function commitAt(storage: Storage, keys: readonly string[]): Promise<Location> {
    const main = keys[0] ?? ''
    const manifest = withMac(manifestFields(draft, dumped.members, keys, seal.fields), seal.macKey)
    const text = `${JSON.stringify(manifest, null, 2)}\n`
    const key = manifestKey(main)
    await putManifest({ storage, key }, text, context, subject, (host) =>
      lookOnceMore(storage, keys, dumped.members, host),
    )
    return { storage: storage.name, address: storage.address(main), manifest: storage.address(key), status: 'stored' }
  }
}

/** Between the proof and the commit somebody may have deleted or replaced an artifact. */
async function lookOnceMore(
  storage: Storage,
  keys: readonly string[],
  members: readonly DumpedMember[],
  host: Host,
): Promise<void> {
  for (const [index, key] of keys.entries()) {
    const stat = await storage.stat(key, host)
    const expected = members[index]?.artifact.bytes
    if (stat?.bytes === expected) continue
    throw new DbvaultError(
      'STORAGE_FAILED',
      `${storage.address(key)} ${stat ? `now has ${stat.bytes} bytes instead of ${expected}` : 'is gone'}, before its backup was committed`,
    )
  }
}

/** With a key: everything that tells about the rows goes into `sealed`. Without: it stands there for all to read. */
async function sealedFields(
  draft: Draft,
  members: readonly DumpedMember[],
  cipher: Cipher | undefined,
): Promise<{ fields: Partial<Manifest>; macKey?: Buffer }> {
  const { fingerprint, proof } = draft
  if (!cipher) {
    return { fields: { encryption: { scheme: 'none' }, ...(fingerprint && { fingerprint }) } }
  }
  const { compared, ...publicProof } = proof
  const { encryption, sealed, macKey } = await sealPart(
    {
      dumps: Object.fromEntries(members.map(({ name, dump }) => [name, dump.sha256])),
      ...(fingerprint && { fingerprint }),
      ...(compared && { compared }),
    },
    cipher,
    draft.recipients,
  )
  return { fields: { encryption, proof: publicProof, ...(sealed && { sealed }) }, ...(macKey && { macKey }) }
}

function manifestFields(
  draft: Draft,
  members: readonly DumpedMember[],
  keys: readonly string[],
  sealed: Partial<Manifest>,
): Omit<Manifest, 'mac'> {
  const { fingerprint: _, recipients: __, labels, incomplete, ...known } = draft
  const encrypted = sealed.sealed !== undefined
  return {
    format: 'dbvault-manifest-1',
    tool: TOOL,
    ...known,
    members: members.map(({ name, format, artifact, dump }, index) => ({
      name,
      format: { ...format },
      artifact: { ...artifact, name: fileName(keys[index] ?? '') } as Manifest['members'][number]['artifact'],
      dump: encrypted ? { bytes: dump.bytes } : { ...dump },
    })),
    encryption: { scheme: 'none' },
    ...(Object.keys(labels).length > 0 && { labels: { ...labels } }),
    ...(incomplete.length > 0 && { incomplete: [...incomplete] }),
    ...sealed,
  }
}
