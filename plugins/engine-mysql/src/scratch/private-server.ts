import type { Host, ToolCall } from 'dbvault'
import { createConnection } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { factsOf } from '../server/facts.ts'
import type { Login } from '../server/login.ts'
import { name } from '../server/quote.ts'
import { connect } from '../server/session.ts'
import { toolFailure } from '../tool/tool-error.ts'
import type { Place } from './place.ts'
import { initialise, installer, layOut, serve, type ServerOptions, unprivileged } from './server-files.ts'

/** What a socket's path may have at most: sun_path of unix(7), and its NUL. */
const LONGEST_SOCKET = 107
const START_MS = 120_000

export interface PrivateOptions extends ServerOptions {
  readonly database: string
}

/**
 * A throw-away server of our own in the temporary directory: reached by a socket only, without events, binary log and
 * care for its files, run by a user who owns nothing else where that can be had, and gone with us.
 * @throws PROOF_UNFINISHED
 */
export async function privateServer(options: PrivateOptions, outer: Host): Promise<Place> {
  const ended = new AbortController()
  const host: Host = { ...outer, signal: AbortSignal.any([outer.signal, ended.signal]) }
  const owner = await unprivileged(options.server)
  const directory = await outer.tempDir(owner)
  let server: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    ended.abort(outer.error('INTERRUPTED', 'The private server is needed no longer'))
    await server?.catch(() => {})
    await directory[Symbol.asyncDispose]()
  }
  try {
    const files = await layOut(directory, owner)
    if (Buffer.byteLength(files.socket) > LONGEST_SOCKET) {
      throw outer.error(
        'PROOF_UNFINISHED',
        `The path of a socket in ${directory.path} is longer than sockets may have`,
        {
          hints: ['Name a directory with a shorter path with --temp-dir.'],
        },
      )
    }
    const install = await installer(options.server)
    if (install === undefined)
      throw outer.error('PROOF_UNFINISHED', 'There is no mariadb-install-db for a private server')
    await run(initialise(install, options, files), host)
    server = run(serve(options, files), host)
    server.catch(() => {})
    const login: Login = {
      host: '',
      port: 0,
      socket: files.socket,
      user: 'root',
      tls: { mode: 'disabled' },
      lockSeconds: 600,
      answerSeconds: 600,
    }
    await answering(files.socket, server, host)
    const session = await connect(login, outer)
    try {
      await session.run(`CREATE DATABASE ${name(options.database)}`)
      const facts = await factsOf(session)
      return {
        session,
        facts,
        database: options.database,
        host: outer,
        silence: new AbortController().signal,
        preamble: '',
        own: true,
        async [Symbol.asyncDispose]() {
          await session[Symbol.asyncDispose]()
          await stop()
        },
      }
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw error
    }
  } catch (error) {
    await stop()
    outer.signal.throwIfAborted()
    throw startError(error, outer)
  }
}

/** Settles when the program is gone. */
async function run(call: ToolCall, host: Host): Promise<void> {
  for await (const _ of host.runTool({ ...call, signal: host.signal }));
}

/** Until the socket takes connections; throws at once when the server is gone before that. */
async function answering(socket: string, server: Promise<void>, host: Host): Promise<void> {
  const gone = server.then(() => {
    throw new Error('The private server ended before it was asked to')
  })
  gone.catch(() => {})
  const deadline = Date.now() + START_MS
  for (;;) {
    if (await reachable(socket)) return
    await Promise.race([gone, delay(20, undefined, { signal: host.signal })])
    if (Date.now() > deadline)
      throw host.error('PROOF_UNFINISHED', 'The private server did not start within two minutes')
  }
}

function reachable(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('data', () => socket.destroy())
  })
}

function startError(error: unknown, host: Host): unknown {
  const stderr = toolFailure(error)
  if (stderr === undefined) return error
  const words = stderr.split('\n').findLast((line) => /error/i.test(line)) ?? ''
  return host.error('PROOF_UNFINISHED', `A private server could not be started: ${words.slice(0, 300)}`, {
    hints: ['--scratch source restores into a scratch database on the source, and --scratch URL on another server.'],
    cause: error,
  })
}
