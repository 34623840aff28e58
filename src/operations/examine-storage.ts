import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { backupId } from '../catalog/backup-id.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type DoctorCheck, Examination } from './examination.ts'
import type { OperationContext } from './context.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import { retrying } from './retry.ts'

const SUBJECT = 'doctor'
const RIGHTS = ['write', 'read back', 'list', 'refuse to overwrite', 'abort', 'delete']
/** A clock that is further off makes requests that are signed fail, and ages wrong. */
const CLOCK_MS = 5 * 60_000
/** Enough for most storages to send it in parts. */
const ABORTED_BYTES = 16 * 1024 * 1024

/**
 * One place: every right that a backup needs there is tried with a small object, which is gone again when this settles,
 * however it does. What is left when this process is killed has a name that `prune` knows.
 * @param lookOnly whether nothing is to be written
 * @param folder what stands before the keys: empty, or it ends in a slash
 */
export async function examineStorage(
  storage: Storage,
  folder: string,
  { lookOnly }: { readonly lookOnly: boolean },
  context: OperationContext,
): Promise<readonly DoctorCheck[]> {
  const exam = new Examination('storage', storage.label, context.signal)
  const host = hostFor(context, SUBJECT)
  const key = `${folder}${backupId('dbvault-doctor', new Date())}.probe`
  const aborted = `${folder}${backupId('dbvault-doctor', new Date())}.probe`
  const text = `dbvault looks whether it may store backups here. This may be deleted. ${key}\n`
  try {
    if (!(await openPlace())) return notTried('it could not be opened', ...RIGHTS)
    if (lookOnly) return notTried('it does not exist yet', ...RIGHTS)
    const put = await write()
    if (!put) return notTried('nothing could be written', ...RIGHTS.slice(1))
    tellClock(put)
    await exam.try('read back', readBack)
    await exam.try('list', () => listed(true))
    await exam.try('refuse to overwrite', refuseOverwrite)
    await exam.try('abort', abort)
    await exam.try('delete', remove)
    return exam.checks
  } finally {
    if (!lookOnly) await cleanUp()
  }

  function notTried(why: string, ...names: readonly string[]): readonly DoctorCheck[] {
    for (const name of names) exam.note(name, `not tried: ${why}`, 'not tried')
    return exam.checks
  }

  async function openPlace(): Promise<boolean> {
    let known: readonly string[] = []
    const isOpen = await exam.try('open', async () => {
      const { writable, notes } = await retrying(`opening ${storage.label}`, SUBJECT, context, () =>
        storage.probe(host),
      )
      if (!writable) throw new DbvaultError('STORAGE_DENIED', `${storage.label} cannot be written to`, { hints: notes })
      known = notes
      return lookOnly ? 'it can be made' : 'it is there'
    })
    for (const note of known) exam.note('note', note)
    return isOpen
  }

  async function write(): Promise<ObjectStat | undefined> {
    let put: ObjectStat | undefined
    await exam.try('write', async () => {
      put = await storage.put(key, bodyOf(text), host)
      return `${storage.address(key)}, ${put.bytes} bytes`
    })
    return put
  }

  function tellClock({ modifiedAt }: ObjectStat): void {
    const off = modifiedAt.getTime() - Date.now()
    if (Math.abs(off) <= CLOCK_MS) return
    const minutes = Math.round(Math.abs(off) / 60_000)
    const which = off > 0 ? 'behind' : 'ahead of'
    exam.note('clock', `The clock of this machine is ${minutes} minutes ${which} the storage's`, 'warning')
  }

  async function readBack(): Promise<string> {
    const stat = await storage.stat(key, host)
    const bytes = await buffer(await storage.get(key, host))
    if (String(bytes) === text && stat?.bytes === bytes.length) return 'the same bytes'
    throw broken('gives back other bytes than it was sent')
  }

  async function listed(wanted: boolean): Promise<string> {
    const found: string[] = []
    for await (const stat of storage.list(key, host)) found.push(stat.key)
    if (found.includes(key) === wanted) return wanted ? 'it is in the listing' : 'it is not in the listing'
    throw broken(wanted ? 'does not list what it has just stored' : 'lists what it has just deleted')
  }

  async function refuseOverwrite(): Promise<string> {
    try {
      await storage.put(key, bodyOf('other'), host)
    } catch (error) {
      if (DbvaultError.is(error) && error.code === 'OBJECT_EXISTS') return 'refused by the place itself'
      throw error
    }
    throw broken('replaces an object that exists: a backup could be lost there')
  }

  async function abort(): Promise<string> {
    const stop = new AbortController()
    const by = hostFor(context, SUBJECT, { signal: AbortSignal.any([context.signal, stop.signal]) })
    const body = silentAfter(ABORTED_BYTES, () => stop.abort(new DbvaultError('INTERRUPTED', 'stopped on purpose')))
    try {
      await storage.put(aborted, body, by)
    } catch (error) {
      if (!stop.signal.aborted) throw error
      return nothingIsLeft()
    }
    throw broken('took an upload that never came to its end for whole')
  }

  async function nothingIsLeft(): Promise<string> {
    if (await storage.stat(aborted, host)) throw broken('keeps an object of an upload that was aborted')
    for await (const { key: left } of storage.unfinished(aborted, host)) {
      if (left === aborted) throw broken('keeps the parts of an upload that was aborted')
    }
    return 'an upload that is stopped leaves nothing'
  }

  async function remove(): Promise<string> {
    await storage.delete(key, host)
    if (await storage.stat(key, host)) throw broken('still has what it has deleted')
    return listed(false)
  }

  function broken(what: string): DbvaultError {
    return new DbvaultError('STORAGE_FAILED', `${storage.label} ${what}`)
  }

  async function cleanUp(): Promise<void> {
    const last = cleanupHost(context, SUBJECT)
    try {
      for (const one of [key, aborted]) await storage.delete(one, last)
      for await (const upload of storage.unfinished(aborted, last)) {
        if (upload.key === aborted) await storage.abortUnfinished(upload, last)
      }
    } catch (error) {
      if (exam.checks.some(({ name, outcome }) => name === 'write' && outcome === 'ok')) {
        const why = error instanceof Error ? `: ${error.message}` : ''
        exam.note('clean-up', `${storage.address(key)} could not be removed${why}`, 'warning', ['Remove it by hand.'])
      }
    }
  }
}

const bodyOf = (text: string): Readable => Readable.from([Buffer.from(text)], { objectMode: false })

/** A body that gives so many bytes and then nothing, and tells when somebody waits for more. */
function silentAfter(bytes: number, onSilent: () => void): Readable {
  const chunk = Buffer.alloc(64 * 1024)
  let left = bytes
  return new Readable({
    read() {
      if (left > 0) {
        left -= chunk.length
        this.push(chunk)
      } else setImmediate(onSilent)
    },
  })
}
