import { readdirSync, readFileSync } from 'node:fs'

/** The numbers of all running processes whose command line holds `mark`. */
export function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(mark))
    .map(Number)
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
