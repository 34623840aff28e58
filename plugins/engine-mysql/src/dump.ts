import type { Dump, DumpRequest, Host, Member } from 'dbvault'
import { format, type Flags } from './descriptor.ts'
import { finishFingerprint } from './dump/finish-fingerprint.ts'
import { takeSnapshot, type Snapshot } from './dump/snapshot.ts'
import { StartedTool } from './dump/started-tool.ts'
import { unreadableViews } from './dump/unreadable-views.ts'
import { countRounded, defaultsOf, readFingerprint } from './fingerprint/read-fingerprint.ts'
import { factsOf, type Facts } from './server/facts.ts'
import { databaseOf, loginOf, secretsOf, type Login } from './server/login.ts'
import { nameOnServer } from './server/name-on-server.ts'
import { isDatabase, shown } from './server/quote.ts'
import { startPulse } from './server/pulse.ts'
import { serverError } from './server/server-error.ts'
import { connect, type Session } from './server/session.ts'
import { tablesIn } from './server/tables-in.ts'
import { withoutSandboxLine } from './sql/sandbox-line.ts'
import { withTrailer } from './sql/trailer.ts'
import { SIGN } from './target/sign.ts'
import { dumpArguments, eventArguments } from './tool/dump-arguments.ts'
import { findTool, type Tool } from './tool/find-tools.ts'
import { loginFile } from './tool/login-file.ts'
import { dumpError, lastWords } from './tool/tool-error.ts'

/** A dump program run on the source, its bytes passed on as they come, and beside it a transaction of the same moment. */
export function dump(request: DumpRequest<Flags>, outer: Host): Dump {
  const ended = new AbortController()
  const host: Host = { ...outer, signal: AbortSignal.any([outer.signal, ended.signal]) }
  let started: Promise<Started> | undefined
  const start = () => (started ??= startDump(request, host, (reason) => ended.abort(reason)))

  return {
    members: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Member> {
        const running = await start()
        yield { name: 'main', format, bytes: mainBytes(running, host) }
        if (running.events) yield { name: 'events', format, bytes: complete(running.events, running, host) }
      },
    },
    async fingerprint() {
      const running = await start()
      if (!running.snapshot) throw host.error('INTERNAL', 'This dump was asked for without a fingerprint')
      const { database, facts, tool, unreadable, login, snapshot } = running
      const wanted = { database, facts, history: tool.knows('dump-history'), without: unreadable }
      try {
        const first = await readFingerprint(snapshot.session, wanted)
        for (const [table, rows] of await countRounded(snapshot.session, database, first.tables))
          warnOfRounding(table, rows, host)
        return await finishFingerprint(first, snapshot, running.control, running.main.over, host)
      } catch (error) {
        throw meaning(error, login, host)
      }
    },
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The dump was ended before its end'))
      const running = await started?.catch(() => undefined)
      await running?.[Symbol.asyncDispose]()
    },
  }
}

interface Started extends AsyncDisposable {
  readonly database: string
  readonly facts: Facts
  readonly tool: Tool
  readonly login: Login
  readonly control: Session
  /** Views that are left out. */
  readonly unreadable: readonly string[]
  readonly main: StartedTool
  readonly events?: StartedTool
  readonly snapshot?: Snapshot
  /** A statement about the database itself, which the programs do not write when they dump just one. */
  readonly preamble: string
}

/** @param lost is told when the server has fallen silent */
async function startDump(
  { source, fingerprint }: DumpRequest<Flags>,
  host: Host,
  lost: (reason: unknown) => void,
): Promise<Started> {
  const named = databaseOf(source, host)
  const control = await connect(await loginOf(source, host), host, named)
  const { login } = control
  const pulse = startPulse(login, host, 'SOURCE_UNREACHABLE')
  pulse.signal.addEventListener('abort', () => lost(pulse.signal.reason))
  const open: AsyncDisposable[] = [control, pulse]
  const close = async (): Promise<void> => {
    for (const one of open.toReversed()) await one[Symbol.asyncDispose]()
  }
  try {
    const database = await nameOnServer(control, named)
    const facts = await factsOf(control)
    const tool = await findTool('dump', facts.vendor, source.flags, host)
    const unreadable = await leaveOut(control, database, host)
    const file = await loginFile(login, tool, host)
    open.push(file)
    const prepare = (args: readonly string[]): StartedTool => {
      const started = new StartedTool({ command: tool.path, args, secrets: [file], redact: secretsOf(login) }, host)
      open.push(started)
      return started
    }
    const hasEvents = Number(await control.value(count('EVENTS', 'EVENT_SCHEMA', database))) > 0
    const signs = (await tablesIn(control, database)).filter((table) => SIGN.test(table))
    const main = prepare(dumpArguments(tool, file.path(0), database, [...unreadable, ...signs]))
    const events = hasEvents ? prepare(eventArguments(tool, file.path(0), database)) : undefined
    const preamble = await preambleOf(control, database)
    let snapshot: Snapshot | undefined
    if (fingerprint) {
      snapshot = await takeSnapshot(control, database, login, host, () => main.first())
      open.push(snapshot)
    }
    return {
      database,
      facts,
      tool,
      login,
      control,
      unreadable,
      main,
      ...(events && { events }),
      ...(snapshot && { snapshot }),
      preamble,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw meaning(error, login, host)
  }
}

async function* mainBytes(running: Started, host: Host): AsyncGenerator<Uint8Array> {
  yield Buffer.from(running.preamble)
  yield* complete(running.main, running, host)
}

async function* complete(tool: StartedTool, { control, login }: Started, host: Host): AsyncGenerator<Uint8Array> {
  const incomplete = (): Error =>
    host.error('DUMP_INCOMPLETE', 'The dump program ended as if all were well, but not with the last line of a dump', {
      hints: ['Is there another program of that name? --mysql-bin-dir names the directory of the right one.'],
    })
  try {
    yield* withTrailer(withoutSandboxLine(tool.bytes()), incomplete)
  } catch (error) {
    // The programs do not always say why they ended.
    if (lastWords(error instanceof Error ? error.cause : undefined) === '') {
      await control.value('SELECT 1').catch((lost: unknown) => {
        throw meaning(lost, login, host)
      })
    }
    throw error
  }
}

async function leaveOut(control: Session, database: string, host: Host): Promise<string[]> {
  const views = await unreadableViews(control, database)
  for (const { name, why } of views) {
    host.report({ kind: 'warning', message: `View ${shown(name)} cannot be read, and is not in the dump: ${why}` })
  }
  return views.map(({ name }) => name)
}

async function preambleOf(control: Session, database: string): Promise<string> {
  const [charset, collation] = await defaultsOf(control, database)
  return `ALTER DATABASE CHARACTER SET ${charset} COLLATE ${collation};\n`
}

function warnOfRounding(table: string, rows: number, host: Host): void {
  const message = `Table ${shown(table)} has ${rows} rows with a FLOAT of more than the six digits that a server writes into a dump: they come back rounded. DOUBLE is exact`
  host.report({ kind: 'warning', message })
}

function count(table: string, column: string, database: string): string {
  return `SELECT COUNT(*) FROM information_schema.${table} WHERE ${isDatabase(column, database)}`
}

function meaning(error: unknown, login: Login, host: Host): unknown {
  return host.signal.aborted ? host.signal.reason : serverError(host, login, dumpError(host, error))
}
