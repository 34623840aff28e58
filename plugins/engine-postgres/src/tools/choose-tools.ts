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

/** How a backup gets into a server of one version. */
export interface RestoreWay {
  /** Major version of the server. */
  readonly server: number
  /** What reads the archive; absent where the backup is SQL. */
  readonly tools?: Tools
  /** Whether pg_restore may talk to the server itself, or only make SQL of the archive. */
  readonly direct: boolean
  /** Whether nobody else uses the server, so that a restore may take all of the machine. */
  readonly sideBySide?: boolean
}

/** From here on pg_restore sets `transaction_timeout`, which an older server does not know and refuses. */
const SETS_MORE = 17

/**
 * The tools to restore an archive with: not older than what wrote it, and if possible such that the server understands
 * what they say to it. `dumped` is the version of pg_dump that wrote it.
 * @throws TOOL_NOT_FOUND, TOOL_UNSUITABLE
 */
export function toolsToRestore(found: readonly Tools[], dumped: number, server: number, host: Host): RestoreWay {
  const readers = found.filter(({ major }) => major >= dumped)
  const talkers = readers.filter(({ major }) => major <= server || major < SETS_MORE)
  const direct = nearest(talkers, server) ?? talkers[0]
  if (direct) return { server, tools: direct, direct: true }
  const [reader] = readers.toSorted((a, b) => a.major - b.major)
  if (reader) return { server, tools: reader, direct: false }
  if (found.length === 0) {
    throw host.error('TOOL_NOT_FOUND', 'pg_restore was not found', {
      hints: [
        `Install it: apt-get install postgresql-client-${server}, or name its directory with --postgres-bin-dir.`,
      ],
    })
  }
  const here = [...new Set(found.map(({ major }) => major))].join(', ')
  throw host.error(
    'TOOL_UNSUITABLE',
    `No pg_restore here (${here}) reads an archive of pg_dump ${dumped}: it must not be older`,
    { hints: [`Install postgresql-client-${dumped}, or name its directory with --postgres-bin-dir.`] },
  )
}

/** Of the wanted version, else of the next newer one. */
export function nearest(found: readonly Tools[], major: number): Tools | undefined {
  return found.filter((tools) => tools.major >= major).toSorted((a, b) => a.major - b.major)[0]
}
