import type { Host, Source } from 'dbvault'
import { patienceOf, type Flags } from './descriptor.ts'
import { quoted, sourceError } from './errors.ts'
import { sourceFile } from './source-file.ts'
import { runJob } from './worker/run-job.ts'

/**
 * Called when a copy is damaged: was it the copying, or is the source so? Only asked then, because it takes as long as
 * reading the database once more. Resolves when the source is sound.
 * @throws SOURCE_CORRUPT, or why the source could not be asked
 */
export async function refuseCorruptSource(source: Source<Flags>, host: Host): Promise<void> {
  const path = await sourceFile(source.database, host)
  const job = { path, scratch: false, patience: patienceOf(source) }
  const { damage } = await runJob('integrity', job, host).catch((error: unknown) => {
    throw sourceError(host, path, error)
  })
  if (damage.length === 0) return
  throw host.error('SOURCE_CORRUPT', `${path} is damaged, and so is every copy of it: ${damage[0]}`, {
    hints: [
      `See all of it: sqlite3 ${quoted(path)} "PRAGMA integrity_check"`,
      `If only indexes are named, this mends it: sqlite3 ${quoted(path)} "REINDEX"`,
    ],
  })
}
