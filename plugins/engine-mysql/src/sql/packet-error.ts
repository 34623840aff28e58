import type { ErrorCode, Host } from 'dbvault'

/** A row that a server does not take, since the statement with it is longer than `max_allowed_packet` (in bytes). */
export function packetError(host: Host, limit: number, code: ErrorCode, table?: string): Error {
  const where = table === undefined ? 'The dump has a row' : `Table ${JSON.stringify(table)} has a row`
  return host.error(
    code === 'PROOF_FAILED' ? 'PROOF_UNFINISHED' : code,
    `${where} whose statement is longer than the server takes: its max_allowed_packet is ${(limit / 2 ** 20).toFixed(0)} MiB`,
    {
      hints: [
        'Let it take more, at most 1 GiB: SET GLOBAL max_allowed_packet = 1073741824; and in the [mysqld] group of its option file.',
        ...(code === 'RESTORE_FAILED' ? [] : ['Or have the proof on another server: see --scratch.']),
      ],
    },
  )
}
