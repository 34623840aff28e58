import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HostEvent } from '../../contract/host.ts'
import type { Download } from '../../contract/transfer.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { bodyChunks } from '../body-chunks.ts'
import { isAsked } from './content-range.ts'
import type { RetryLimits } from '../retry.ts'

/** A server that sends nothing for so long, while it is waited for, counts as gone. */
const SILENCE_MS = 60_000

interface DownloadHost {
  readonly signal: AbortSignal
  readonly limits: RetryLimits
  readonly silenceMs?: number
  report(event: HostEvent): void
  retry<T>(what: string, request: () => Promise<T>, signal: AbortSignal): Promise<T>
}

/** See {@link Host.download}. */
export async function download(source: Download, host: DownloadHost): Promise<Readable> {
  const { what, start = 0, end: until } = source
  const stop = new AbortController()
  const { signal } = stop
  const open = async (at: number): ReturnType<Download['open']> => {
    const opened = await host.retry(what, () => source.open(at, signal), signal)
    // It may break before anybody reads it, and is asked for its error then.
    opened.body.on('error', () => {})
    if (isAsked(opened, at, until)) return opened
    opened.body.destroy()
    throw new DbvaultError('STORAGE_FAILED', `${what} does not come with the bytes that were asked for`)
  }

  host.signal.throwIfAborted()
  const onAbort = (): void => stop.abort(host.signal.reason)
  host.signal.addEventListener('abort', onAbort)
  const first = await open(start).catch((error: unknown) => {
    host.signal.removeEventListener('abort', onAbort)
    throw error
  })
  let current = first.body
  if (host.signal.aborted) {
    host.signal.removeEventListener('abort', onAbort)
    current.destroy()
    throw host.signal.reason
  }
  const chunks = read()
  const stream = new Readable({
    read() {
      chunks.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) => this.destroy(error as Error),
      )
    },
    destroy(error, done) {
      host.signal.removeEventListener('abort', onAbort)
      stop.abort(error)
      current.destroy()
      done(error)
    },
  })
  // A reader that is waiting for something else has to hear of an abort, too.
  signal.addEventListener('abort', () => void stream.destroy(signal.reason as Error))
  return stream

  async function* read(): AsyncGenerator<Uint8Array, void> {
    const end = start + first.bytes
    let at = start
    for (let fruitless = 0; ;) {
      const from = at
      try {
        for await (const chunk of unlessSilent(current, signal, host.silenceMs ?? SILENCE_MS)) {
          at += chunk.length
          if (at > end) throw new DbvaultError('STORAGE_FAILED', `${what} sends more than its ${first.bytes} bytes`)
          yield chunk
        }
        if (at === end) return
        throw new Error('the stream ended')
      } catch (cause) {
        signal.throwIfAborted()
        if (DbvaultError.is(cause) && !cause.retryable) throw cause
        fruitless = at > from ? 1 : fruitless + 1
        await beforeNext(fruitless, cut(cause, at - start))
      }
      const next = await open(at)
      current = next.body
      if (next.bytes === end - at) continue
      throw new DbvaultError('STORAGE_FAILED', `${what} is no longer the object that was opened: its size differs`)
    }
  }

  /** After some bytes the next attempt is made at once: often only one connection has died. */
  async function beforeNext(fruitless: number, error: DbvaultError): Promise<void> {
    const { attempts, minWaitMs } = host.limits
    if (fruitless >= attempts) throw error
    const waitMs = fruitless === 1 ? 0 : minWaitMs
    host.report({ kind: 'retry', what, attempt: fruitless, attempts, waitMs, reason: error.message })
    if (waitMs > 0) await sleep(waitMs, undefined, { signal })
  }

  function cut(cause: unknown, got: number): DbvaultError {
    if (DbvaultError.is(cause)) return cause
    const why = cause instanceof Error ? cause.message : String(cause)
    return new DbvaultError('STORAGE_UNREACHABLE', `${what} broke off after ${got} of ${first.bytes} bytes: ${why}`, {
      cause,
      retryable: true,
      hints: ['Run it again: the network or the server may have had a passing fault.'],
    })
  }
}

async function* unlessSilent(body: Readable, signal: AbortSignal, silenceMs: number): AsyncGenerator<Uint8Array> {
  const chunks = bodyChunks(body, signal)
  try {
    for (;;) {
      const timer = setTimeout(() => body.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)), silenceMs)
      const { done, value } = await chunks.next().finally(() => clearTimeout(timer))
      if (done) return
      yield value
    }
  } finally {
    await chunks.return(undefined)
  }
}
