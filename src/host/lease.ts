import { readFileSync, readlinkSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'

/** How often a living run renews its lease, and after how long an old one is held to be dead. */
export const BEAT_MS = 60_000
const DEAD_AFTER_MS = 15 * 60_000

const KIND = 'dbvault temporary directory'

/** Says who uses a temporary directory. Where there is no /proc only the time of the last beat can tell. */
interface Lease {
  readonly kind: typeof KIND
  readonly pid: number
  /** Since boot, in clock ticks: tells a process from an earlier one with the same number. */
  readonly started: string | null
  readonly boot: string | null
  /** Process numbers mean something only within one namespace; containers have their own. */
  readonly namespace: string | null
}

/** The lease of this process, as text. */
export function ownLease(): string {
  const lease: Lease = { kind: KIND, pid: process.pid, started: startOf(process.pid), ...ground() }
  return JSON.stringify(lease)
}

/**
 * Whether the run that wrote the lease is certainly over. `undefined` means that this is no lease of ours.
 * @throws what reading the file throws
 */
export async function isDead(path: string): Promise<boolean | undefined> {
  const lease = parse(await readFile(path, 'utf8'))
  if (lease === undefined) return undefined
  const here = ground()
  const sameGround = here.boot !== null && here.boot === lease.boot && here.namespace === lease.namespace
  if (sameGround && lease.started !== null) return startOf(lease.pid) !== lease.started
  return Date.now() - (await stat(path)).mtimeMs > DEAD_AFTER_MS
}

/** Whether something was last changed so long ago that no living run can be about to use it. */
export function isOld(modified: Date): boolean {
  return Date.now() - modified.getTime() > DEAD_AFTER_MS
}

function parse(text: string): Lease | undefined {
  try {
    const lease = JSON.parse(text) as Lease
    return lease.kind === KIND && Number.isSafeInteger(lease.pid) && lease.pid > 0 ? lease : undefined
  } catch {
    return undefined
  }
}

function ground(): Pick<Lease, 'boot' | 'namespace'> {
  return {
    boot: unlessAbsent(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: unlessAbsent(() => readlinkSync('/proc/self/ns/pid')),
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)), counted from behind the name, which may hold spaces and brackets. */
function startOf(pid: number): string | null {
  return unlessAbsent(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  })
}

function unlessAbsent<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
