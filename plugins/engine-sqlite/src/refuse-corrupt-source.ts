import type { Host, Source } from 'dbvault'
import { patienceOf, type Flags } from './descriptor.ts'
import { quoted } from './errors.ts'
import { sourceFile } from './source-file.ts'
import { runJob } from './worker/run-job.ts'

/**
 * Called when a copy is damaged: was it the copying, or is the source so? Only asked then, because it takes as long as
 * reading the database once more. Resolves when the source is sound, or cannot be asked: the copy is damaged anyway.
 * @throws SOURCE_CORRUPT
 */
export async function refuseCorruptSource(source: Source<Flags>, host: Host): Promise<void> {
  const { path, damage } = await damageOf(source, host)
  host.signal.throwIfAborted()
  if (damage.length === 0) return
  throw host.error('SOURCE_CORRUPT', `${path} is damaged, and so is every copy of it: ${damage[0]}`, {
    hints: [
      `See all of it: sqlite3 ${quoted(path)} "PRAGMA integrity_check"`,
      `If only indexes are named, this mends it: sqlite3 ${quoted(path)} "REINDEX"`,
    ],
  })
}

async function damageOf(source: Source<Flags>, host: Host): Promise<{ path: string; damage: readonly string[] }> {
  try {
    const path = await sourceFile(source.database, host)
    return { path, damage: await runJob('integrity', { path, patience: patienceOf(source) }, host) }
  } catch {
    return { path: source.database, damage: [] }
  }
}
