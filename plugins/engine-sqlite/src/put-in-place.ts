import type { Host, Target } from 'dbvault'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { patienceOf, type Flags } from './descriptor.ts'
import { openElsewhere } from './open-elsewhere.ts'
import { inUse, notEmpty } from './restore-error.ts'
import type { TargetFile } from './target-file.ts'
import { runJob } from './worker/run-job.ts'

/** Gives a finished, durable file the target's name. Whatever was there is gone only when the new file has its name. */
export async function putInPlace(
  temporary: string,
  place: TargetFile,
  target: Target<Flags>,
  host: Host,
): Promise<void> {
  const { path } = place
  if (place.bytes === undefined) {
    // Logs without their database: whoever opened the new file would apply them to it.
    if (target.replace) await Promise.all(place.sidecars.map((name) => rm(name, { force: true })))
    if (!(await linkNew(temporary, path))) throw notEmpty(host, path)
    await rm(temporary, { force: true })
    await syncDirectory(dirname(path))
    return
  }

  const user = await openElsewhere(path)
  if (user !== undefined) throw inUse(host, path, user)
  const job = {
    replacement: temporary,
    target: path,
    patience: patienceOf(target),
    onlyIfEmpty: !target.replace,
  }
  // Short, and not to be ended half-way.
  const { outcome, notes } = await runJob('replace', job, { signal: host.signal, mayEnd: () => false })
  for (const message of notes) host.report({ kind: 'warning', message })
  if (outcome === 'not-empty') throw notEmpty(host, path)
  if (outcome === 'unsettled') {
    throw host.error(
      'RESTORE_FAILED',
      `${path} is no database that can be read, but a -wal or -journal lies beside it`,
      {
        hints: ['They may be all that is left of its last changes: move the three files away, and restore again.'],
      },
    )
  }
}

/** Refuses an existing name in one step. False when there is one. */
async function linkNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error
  }
  // A file system without hard links. Taking the name first refuses an existing one just as well; a kill between the
  // two leaves an empty file, into which a restore may go again.
  try {
    await (await open(path, 'wx', 0o600)).close()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
  await rename(temporary, path)
  return true
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  await using directory = await open(path, 'r')
  await directory.sync()
}
