import { RefusedError } from './refused-error.ts'

/** Codes of the server that say something of its disk and memory, and nothing of what it was given. */
const NO_SPACE = 14031
const OF_MACHINE = new Set([NO_SPACE, 39, 146, 8, 12582, 96])
const DISK_FULL = /No space left|could not extend file|out of disk|disk quota/i
const OUT_OF_MEMORY = /out of memory/i
const CODES = new Set(['SOURCE_UNREACHABLE', 'SOURCE_DENIED', 'SOURCE_NOT_FOUND', 'DUMP_FAILED'])

/** Whether a restore broke off for a reason that says nothing about what was restored. */
export function isOfMachine(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof RefusedError) {
    return OF_MACHINE.has(error.code) || DISK_FULL.test(error.message) || OUT_OF_MEMORY.test(error.message)
  }
  return 'code' in error && typeof error.code === 'string' && CODES.has(error.code) && 'retryable' in error
}

/** What to do about a request that was refused, where that is known. */
export function hintsOf({ code, message }: RefusedError): readonly string[] {
  const isFull = code === NO_SPACE || DISK_FULL.test(message)
  return isFull ? ['Make room on the disk of the server: what is restored is built beside what is there.'] : []
}
