import type { Fingerprint } from '../contract/engine.ts'
import { fileName, manifestKey } from '../catalog/layout.ts'
import { withMac } from '../catalog/manifest-mac.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { sealPart } from '../catalog/sealing.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { Cipher } from '../pipeline/encrypt/encryption.ts'
import { TOOL } from '../tool.ts'
import type { Location } from './backup-request.ts'
import type { OperationContext } from './context.ts'
import type { DumpedMember, Placed } from './dump-to-storage.ts'

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
 * Writes the manifest in every place that has the artifacts; before that there is no backup, after it there is. Each
 * place has its own verdict.
 * @throws what went wrong in the first place, when there is a backup in none
 */
export async function commitBackup(
  draft: Draft,
  members: readonly DumpedMember[],
  placed: readonly Placed[],
  cipher: Cipher | undefined,
  context: OperationContext,
): Promise<readonly Location[]> {
  const seal = await sealedFields(draft, members, cipher)
  const locations = await Promise.all(placed.map(commitAt))
  const errors = locations.map(({ error }) => error)
  if (errors[0] && errors.every((error) => error)) throw errors[0]
  return locations

  async function commitAt({ placement, error: known }: Placed): Promise<Location> {
    const { storage, keys, address } = placement
    try {
      if (known) throw known
      const manifest = withMac(manifestFields(draft, members, keys, seal.fields), seal.macKey)
      await placement.commit(`${JSON.stringify(manifest, null, 2)}\n`)
      return { storage: storage.name, address, manifest: storage.address(manifestKey(keys[0] ?? '')), status: 'stored' }
    } catch (error) {
      await placement.discard()
      return { storage: storage.name, address, status: 'failed', error: asDbvaultError(error, context.signal) }
    }
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
