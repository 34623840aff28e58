import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { compare, Tally } from './fingerprint.ts'
import { storedRows } from './stored.ts'

/** Writes beside the target, compares, and puts it in place in one step: the target is as it was, or the whole backup. */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  const path = target.database
  const partial = `${path}.${randomUUID()}`
  try {
    const tally = new Tally()
    async function* rows(): AsyncGenerator<string> {
      for await (const row of storedRows(stored, host)) {
        tally.add(row)
        yield row
      }
    }
    await pipeline(rows, createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }), { signal: host.signal })
    const { outcome, compared } = compare(tally.fingerprint(), expected, host)
    if (outcome === 'different') throw host.error('RESTORE_FAILED', 'What was restored is not what was dumped')
    // An existing file is refused by the link itself: to look first and write then would be a race.
    if (target.replace || (await isEmpty(path))) await rename(partial, path)
    else await link(partial, path)
    return { target: path, outcome, restored: compared }
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw host.error('TARGET_NOT_EMPTY', `${path} is there already`)
    if (syscall === undefined) throw error
    throw host.error('RESTORE_FAILED', `${path} cannot be written (${code})`, { cause: error })
  } finally {
    await rm(partial, { force: true })
  }
}

async function isEmpty(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size === 0,
    () => false,
  )
}
