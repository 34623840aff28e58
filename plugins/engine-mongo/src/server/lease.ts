import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who works at something on a server: stands in a document there. */
export interface Lease {
  readonly host: string
  readonly pid: number
  /** When the process began, and when its machine did, as far as the system tells. */
  readonly start: string
  readonly boot: string
  /** The server's time when the run was last known to live. Milliseconds. */
  readonly beat: number
}

export const BEAT_MS = 60_000
/** On another machine nobody can be asked. A run that has not shown itself for this long is over. */
const DEAD_AFTER_MS = 30 * BEAT_MS

export function leaseName(id: string): string {
  return `dbvault_lease_${id}`
}

export function ownLease(beat: number): Lease {
  return { host: hostname(), pid: process.pid, start: startOf(process.pid) ?? '', boot: bootId(), beat }
}

export function isOwn({ host, pid, start, boot }: Lease): boolean {
  const own = ownLease(0)
  return host === own.host && pid === own.pid && start === own.start && boot === own.boot
}

/** `now` is the server's time. */
export function isOver(lease: Lease, now: number): boolean {
  if (lease.host === hostname() && lease.boot === bootId() && lease.boot !== '') {
    return startOf(lease.pid) !== lease.start
  }
  return now - lease.beat > DEAD_AFTER_MS
}

/** A number is given to another process some day; the time of its start tells them apart. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  // After the name, which may hold spaces.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
