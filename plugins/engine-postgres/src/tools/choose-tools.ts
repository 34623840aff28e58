import type { Host } from 'dbvault'
import type { Tools } from './find-tools.ts'

/** Releases that write wrong dumps, and what is wrong with them. */
const REFUSED: Readonly<Record<string, string>> = {
  '18.1': 'pg_dump 18.1 loses the positions of sequences',
}

/**
 * The tools to dump a server with: those of its own major version, else the next newer ones.
 * @throws TOOL_NOT_FOUND, TOOL_UNSUITABLE
 */
export function toolsToDump(found: readonly Tools[], major: number, host: Host): Tools {
  if (found.length === 0) {
    throw host.error('TOOL_NOT_FOUND', 'pg_dump was not found', {
      hints: [`Install it: apt-get install postgresql-client-${major}, or name its directory with --postgres-bin-dir.`],
    })
  }
  const good = found.filter(({ version }) => REFUSED[version] === undefined)
  const chosen = nearest(good, major)
  if (chosen) return chosen
  const refused = found.find(({ version }) => REFUSED[version] !== undefined)
  const why =
    refused && refused.major >= major
      ? `${REFUSED[refused.version]}, and there is no other here that is as new as the server`
      : `The newest pg_dump here is ${found[0]?.version}, and the server is ${major}: it must not be older than the server`
  throw host.error('TOOL_UNSUITABLE', why, {
    hints: [
      refused && refused.major >= major
        ? 'Update the package to a later release.'
        : `Install postgresql-client-${major} or newer, or name its directory with --postgres-bin-dir.`,
    ],
  })
}

/**
 * The tools to restore an archive with: not older than what wrote it, and such that the server understands their SET
 * commands. From 17 on pg_restore sets `transaction_timeout`, which an older server does not know.
 * @throws TOOL_NOT_FOUND, TOOL_UNSUITABLE
 */
export function toolsToRestore(found: readonly Tools[], dumped: number, server: number, host: Host): Tools {
  const chosen = found.filter((tools) => canRestore(tools, dumped, server))
  const best = nearest(chosen, server) ?? chosen[0]
  if (best) return best
  if (found.length === 0) {
    throw host.error('TOOL_NOT_FOUND', 'pg_restore was not found', {
      hints: [
        `Install it: apt-get install postgresql-client-${server}, or name its directory with --postgres-bin-dir.`,
      ],
    })
  }
  const here = [...new Set(found.map(({ major }) => major))].join(', ')
  if (dumped > server && dumped >= 17) {
    throw host.error(
      'TOOL_UNSUITABLE',
      `This archive was written by pg_dump ${dumped}, which only pg_restore ${dumped} or newer reads, and that cannot restore into a server ${server}`,
      { hints: [`Restore into a server ${dumped}, or make the backup with the pg_dump of version ${server}.`] },
    )
  }
  throw host.error(
    'TOOL_UNSUITABLE',
    `No pg_restore here (${here}) can restore an archive of pg_dump ${dumped} into a server ${server}`,
    {
      hints: [`Install postgresql-client-${Math.max(dumped, server)}, or name its directory with --postgres-bin-dir.`],
    },
  )
}

export function canRestore(tools: Tools, dumped: number, server: number): boolean {
  return tools.major >= dumped && (tools.major <= server || tools.major < 17)
}

/** Of the wanted version, else of the next newer one. */
export function nearest(found: readonly Tools[], major: number): Tools | undefined {
  return found.filter((tools) => tools.major >= major).toSorted((a, b) => a.major - b.major)[0]
}
