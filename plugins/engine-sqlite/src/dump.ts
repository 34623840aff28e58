import type { Dump, DumpRequest, Host, Member, TempDir } from 'dbvault'
import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { format, patienceOf, type Flags } from './descriptor.ts'
import { sourceError } from './errors.ts'
import type { SqliteFingerprint } from './fingerprint.ts'
import { sourceFile } from './source-file.ts'
import type { Copied } from './worker/jobs.ts'
import { runJob } from './worker/run-job.ts'

/** Chunks are freed late: with larger ones the memory that a dump takes grows much more than its speed. */
const CHUNK_BYTES = 64 * 1024

/**
 * SQLite's online backup goes to a private file first: pages are copied at the speed of the disk, while a stream to a
 * compressor would hold the source's moment open for many times as long. The rows are then read from the source, in
 * the same transaction, while the copy is being compressed.
 */
export function dump(request: DumpRequest<Flags>, host: Host): Dump {
  const ended = new AbortController()
  const signal = AbortSignal.any([host.signal, ended.signal])
  let started: Promise<Snapshot> | undefined
  const start = () => (started ??= startSnapshot(request, { ...host, signal }))

  return {
    members: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Member> {
        const { copied, path } = await start()
        yield { name: 'main', format, bytes: readCopy(path, await copied, { ...host, signal }) }
      },
    },
    async fingerprint() {
      const fingerprint = await (await start()).fingerprint
      if (fingerprint === undefined) throw host.error('INTERNAL', 'This dump was asked for without a fingerprint')
      warnOf(fingerprint, host)
      return fingerprint
    },
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The dump was ended before its end'))
      const snapshot = await started?.catch(() => undefined)
      await snapshot?.fingerprint.catch(() => {})
      await snapshot?.directory[Symbol.asyncDispose]()
    },
  }
}

interface Snapshot {
  readonly directory: TempDir
  readonly path: string
  readonly copied: Promise<Copied>
  /** Settles when the thread is gone, and nothing of the source is open any more. */
  readonly fingerprint: Promise<SqliteFingerprint | undefined>
}

async function startSnapshot({ source, fingerprint }: DumpRequest<Flags>, host: Host): Promise<Snapshot> {
  host.signal.throwIfAborted()
  const file = await sourceFile(source.database, host)
  const directory = await host.tempDir()
  const path = join(directory.path, 'copy.db')
  const copied = Promise.withResolvers<Copied>()
  let copying = true

  const job = runJob(
    'snapshot',
    { path: file, patience: patienceOf(source), copyTo: path, fingerprint },
    {
      signal: host.signal,
      onCopied(copy) {
        copying = false
        copied.resolve(copy)
      },
      // Node goes on copying to the end in a thread that was told to end; the copy stops itself between two steps.
      mayEnd: () => !copying,
    },
  ).catch((error: unknown) => {
    const meaning = sourceError(host, file, error)
    copied.reject(meaning)
    throw meaning
  })
  // Whoever awaits them gets their errors. Nobody has to.
  job.catch(() => {})
  copied.promise.catch(() => {})
  return { directory, path, copied: copied.promise, fingerprint: job }
}

async function* readCopy(path: string, { bytes }: Copied, host: Host): AsyncGenerator<Uint8Array> {
  await using file = await open(path, 'r')
  // Nothing is left of it if this process is killed.
  await unlink(path)
  let read = 0
  for (;;) {
    host.signal.throwIfAborted()
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES)
    if (bytesRead === 0) break
    read += bytesRead
    yield chunk.subarray(0, bytesRead)
  }
  host.signal.throwIfAborted()
  if (read !== bytes) {
    throw host.error('DUMP_INCOMPLETE', `The copy has ${read} bytes, but the database's pages have ${bytes}`)
  }
}

function warnOf({ orphans, unread }: SqliteFingerprint, host: Host): void {
  const warn = (message: string) => host.report({ kind: 'warning', message })
  if (orphans === null) warn('A foreign key is declared in a way that cannot be checked; it is backed up as it is')
  else if (orphans > 0) warn(`${orphans} rows refer by a foreign key to rows that are not there; backed up as they are`)
  for (const name of unread) {
    warn(
      `Table ${JSON.stringify(name)} can only be read by its application; it is backed up, but its rows not compared`,
    )
  }
}
