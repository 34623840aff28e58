import type { ErrorCode, Host } from 'dbvault'
import { setTimeout as delay } from 'node:timers/promises'
import { placeOf, type Login } from './login.ts'
import { isServerError } from './server-error.ts'
import { connect, type Session } from './session.ts'

/** Watches over a server for as long as it is not disposed. */
export interface Pulse extends AsyncDisposable {
  /** Aborts when the server has fallen silent, or a program of ours has waited too long for a lock. */
  readonly signal: AbortSignal
}

const BEAT_MS = 5_000

/** How statements of the dump programs begin: what waits for a lock may be another program of the same user. */
const OF_DUMP = /^\s*(?:SELECT \/\*!40001 SQL_NO_CACHE|show (?:create|fields|full|triggers|table))/i

/**
 * Asks a server for a sign of life every few seconds. A connection that was cut without a word, and a server that
 * hangs, would otherwise be waited for without end: neither the vendors' programs nor the operating system give up on
 * them within hours. A long statement is no silence, since others are answered meanwhile.
 */
export function startPulse(login: Login, host: Host, code: ErrorCode): Pulse {
  const silent = new AbortController()
  const ended = new AbortController()
  const inner: Host = { ...host, signal: ended.signal }
  const patienceMs = login.answerSeconds * 1_000
  let session: Session | undefined
  let answered = performance.now()

  const ask = async (): Promise<void> => {
    session ??= await connect(login, inner)
    const rows = await session.rows('SHOW FULL PROCESSLIST')
    const waiting = rows.find(
      (row) =>
        /^Waiting for .*lock/i.test(String(row['State'])) &&
        Number(row['Time']) > login.lockSeconds &&
        OF_DUMP.test(String(row['Info'])),
    )
    if (waiting === undefined) return
    const message = `A table is locked by another session; the dump has waited for it for ${String(waiting['Time'])} s (${String(waiting['State'])})`
    silent.abort(
      host.error('DUMP_FAILED', message, {
        hints: ['End what holds the lock, or wait longer with --mysql-lock-timeout.'],
        retryable: true,
      }),
    )
  }

  const beating = (async () => {
    const rest = Math.min(BEAT_MS, patienceMs / 4)
    for (;;) {
      const asking = ask().then(
        () => true,
        // An error is an answer too: what it means is found by whoever needs the server.
        async (error: unknown) => {
          const lost = session
          session = undefined
          await lost?.[Symbol.asyncDispose]()
          return !isServerError(error) || error.code !== 'ETIMEDOUT'
        },
      )
      const late = delay(Math.max(0, answered + patienceMs - performance.now()), false, { signal: ended.signal })
      if (await Promise.race([asking, late])) answered = performance.now()
      else if (performance.now() - answered >= patienceMs) {
        const message = `The server ${placeOf(login)} has not answered for ${login.answerSeconds} s`
        const hints = ['Is it overloaded, or the network cut? --mysql-answer-timeout lets it take longer.']
        silent.abort(host.error(code, message, { hints, retryable: true }))
        return
      }
      await delay(rest, undefined, { signal: ended.signal })
    }
  })()
  beating.catch(() => {}) // It was ended.

  return {
    signal: silent.signal,
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The server is needed no longer'))
      await beating.catch(() => {})
      await session?.[Symbol.asyncDispose]()
    },
  }
}
