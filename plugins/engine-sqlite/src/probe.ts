import type { Finding, Host, Probe, Source } from 'dbvault'
import { parse } from 'node:path'
import { patienceOf, type Flags } from './descriptor.ts'
import { quoted, sourceError } from './errors.ts'
import { sourceFile } from './source-file.ts'
import type { Survey } from './worker/jobs.ts'
import { runJob } from './worker/run-job.ts'

/** From here on a lock that lasts as long as all rows are read is worth a word. */
const NOTICEABLE_LOCK = 64 * 1024 * 1024

export async function probe(source: Source<Flags>, host: Host): Promise<Probe> {
  host.signal.throwIfAborted()
  const path = await sourceFile(source.database, host)
  const survey = await runJob('survey', { path, patience: patienceOf(source) }, host).catch((error: unknown) => {
    throw sourceError(host, path, error)
  })
  if (survey.pages === 0) throw host.error('SOURCE_NOT_FOUND', `${path} holds no database: it has no pages`)
  if (survey.damage.length > 0) {
    throw host.error('SOURCE_CORRUPT', `${path} is damaged: ${survey.damage[0]}`, {
      hints: [`See all of it: sqlite3 ${quoted(path)} "PRAGMA integrity_check"`],
    })
  }
  return {
    label: parse(path).name,
    identity: path,
    product: 'SQLite',
    version: survey.version,
    bytes: survey.pages * survey.pageSize,
    consistency: 'point-in-time',
    findings: findings(path, survey),
    scratch: { possible: true },
  }
}

function findings(path: string, { journalMode, pages, pageSize }: Survey): Finding[] {
  if (journalMode === 'wal' || pages * pageSize < NOTICEABLE_LOCK) return []
  return [
    {
      severity: 'warning',
      message: `${path} is not in WAL mode: until its rows have been read, writers have to wait`,
      fixes: ['PRAGMA journal_mode = WAL'],
    },
  ]
}
