import { namesFor } from '../catalog/layout.ts'
import type { Destination } from './backup-request.ts'

/** What the key of an artifact is made of. */
export interface Naming {
  /** Of the member. */
  readonly name: string
  readonly isMain: boolean
  readonly format: { readonly extension: string }
  /** What compression and encryption add: `.gz.enc`. */
  readonly suffix: string
  readonly engine: string
  /** Of the backup. */
  readonly id: string
}

/** The key that a member's artifact gets at a destination: the one that the user named, or the usual one. */
export function keyFor(destination: Destination, { name, isMain, format, suffix, engine, id }: Naming): string {
  const place =
    destination.key === undefined ? { folder: (destination.prefix ?? '') + engine, id } : { exact: destination.key }
  const names = namesFor(place, format.extension, suffix)
  return isMain ? names.main : names.member(name)
}
