import type { ErrorCode, Host } from 'dbvault'
import { lastWords } from './tool-error.ts'

/** Disk full, connection lost, out of memory, killed, read-only: the fault of the place, not of the dump. */
const OF_PLACE =
  /ERROR (?:3|1021|1030|1037|1041|1114|1053|1205|1290|1836|1927|2002|2003|2005|2006|2013|2026|2055|2059|4031|1044|1045|1227|1419)\b/

/** What it means that a client could not restore a dump into scratch. */
export function proofError(host: Host, error: unknown): unknown {
  return loadError(host, error, 'PROOF_FAILED', 'PROOF_UNFINISHED', 'into scratch')
}

export function restoreError(host: Host, error: unknown): unknown {
  return loadError(host, error, 'RESTORE_FAILED', 'RESTORE_FAILED', '')
}

function loadError(host: Host, error: unknown, ofDump: ErrorCode, ofPlace: ErrorCode, where: string): unknown {
  const words = lastWords(error)
  if (words === undefined) return error
  const signal = error instanceof Error ? /was ended by (\w+)/.exec(error.message)?.[1] : undefined
  const place = signal !== undefined || OF_PLACE.test(words)
  const what = words || (signal ? `the client was ended by ${signal}` : 'the client said nothing')
  return host.error(place ? ofPlace : ofDump, `The dump could not be restored ${where}: ${what}`.replace(' :', ':'), {
    cause: error,
  })
}
