import { utcStamp } from './backup-id.ts'

/**
 * Which object is what, told from names alone, so that a listing needs no reading:
 *
 * ```
 * sqlite/shop-20261123T084201Z-k3x9qd.db.gz.enc                          main artifact
 * sqlite/shop-20261123T084201Z-k3x9qd.roles.sql.gz.enc                   a further member
 * sqlite/shop-20261123T084201Z-k3x9qd.db.gz.enc.json                     manifest
 * sqlite/shop-20261123T084201Z-k3x9qd.db.gz.enc.pending-1                marker of a run in the making
 * sqlite/shop-20261123T084201Z-k3x9qd.db.gz.enc.proof-20261124T030000Z.json   a later proof
 * ```
 */
export interface Names {
  /** Its key when it is the main artifact. */
  readonly main: string
  /** Its key when it is a further member. */
  member(name: string): string
}

const MANIFEST = '.json'
const PENDING = /^(?<artifact>.+)\.pending-(?<beat>\d+)$/
const PROOF = /^(?<artifact>.+)\.proof-(?<at>\d{8}T\d{6}Z)(?:-(?<nth>\d+))?\.json$/

export const manifestKey = (mainArtifact: string): string => mainArtifact + MANIFEST
export const pendingKey = (mainArtifact: string, beat: number): string => `${mainArtifact}.pending-${beat}`
export const proofKey = (mainArtifact: string, at: Date): string => `${mainArtifact}.proof-${utcStamp(at)}.json`

/** A name beside another object: same folder, other file name. */
export function sibling(key: string, name: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1) + name
}

export function fileName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

export type ObjectRole =
  | { readonly role: 'manifest'; readonly artifact: string }
  | { readonly role: 'pending'; readonly artifact: string; readonly beat: number }
  | { readonly role: 'proof'; readonly artifact: string; readonly at: string; readonly nth: number }
  | { readonly role: 'artifact' }

export function roleOf(key: string): ObjectRole {
  const pending = PENDING.exec(key)?.groups
  if (pending) return { role: 'pending', artifact: pending['artifact'] ?? '', beat: Number(pending['beat']) }
  const proof = PROOF.exec(key)?.groups
  if (proof) {
    const { artifact = '', at = '', nth = '1' } = proof
    return { role: 'proof', artifact, at, nth: Number(nth) }
  }
  if (key.endsWith(MANIFEST)) return { role: 'manifest', artifact: key.slice(0, -MANIFEST.length) }
  return { role: 'artifact' }
}

/** The names of one member of a backup. `suffix` is what compression and encryption add: `.gz.enc`. */
export function namesFor(
  place: { readonly folder: string; readonly id: string } | { readonly exact: string },
  extension: string,
  suffix: string,
): Names {
  if ('exact' in place) {
    return { main: place.exact, member: (name) => `${place.exact}.${name}.${extension}${suffix}` }
  }
  const start = `${place.folder}/${place.id}`
  return { main: `${start}.${extension}${suffix}`, member: (name) => `${start}.${name}.${extension}${suffix}` }
}
