import { readFile } from 'node:fs/promises'
import { ScratchUnavailable } from './unavailable.ts'

/** Rather than have the kernel end some program, perhaps the source's server itself. @throws ScratchUnavailable */
export async function requireMemory(wanted: number): Promise<void> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
  const found = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  if (found === undefined || Number(found) * 1024 > wanted) return
  throw new ScratchUnavailable(
    `loading it takes about ${megabytes(wanted)} of memory, and this machine has ${megabytes(Number(found) * 1024)} left`,
    ['Prove it on a machine with more memory: make the backup with --prove check, and there call dbvault verify.'],
  )
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`
}
