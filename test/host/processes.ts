import { readdirSync, readFileSync } from 'node:fs'

/** The numbers of all running processes whose command line holds `mark`. */
export function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(mark))
    .map(Number)
}

/** Waits for the end of processes that have been killed: nothing tells whoever is not their parent. */
export async function gone(mark: string): Promise<void> {
  const deadline = Date.now() + 5_000
  while (processesWith(mark).length > 0) {
    if (Date.now() > deadline) throw new Error(`${processesWith(mark).join(', ')} still run`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Empty for a process that is gone or a zombie. */
export function commandLine(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** A number of seconds to sleep for that no other process has, so that it marks the process. */
export function uniqueSleep(): string {
  return `${1_000 + Math.floor(Math.random() * 1e9)}.${process.pid}`
}
