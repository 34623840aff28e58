import type { Secret } from 'dbvault'

/** One server, and who logs in there. */
export interface Server {
  readonly address: Address
  readonly user?: string
  readonly password?: Secret
  readonly tls?: Tls
  /** How long it may be silent, in milliseconds. */
  readonly idleMs: number
}

/** Where it listens. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** Absent: no TLS. The members are paths of files. */
export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly verify: boolean
}

/** For people; no secret. */
export function nameOf({ address }: Pick<Server, 'address'>): string {
  if ('path' in address) return address.path
  const { host, port } = address
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
