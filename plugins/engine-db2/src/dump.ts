import type { Dump, DumpRequest, Host, Member, TempDir } from 'dbvault'
import { join } from 'node:path'
import { SCHEME, type ImageIndex } from './archive/image-index.ts'
import { writeArchive } from './archive/write-archive.ts'
import { runClp } from './clp/run-clp.ts'
import { format, type Flags } from './descriptor.ts'
import { steadyOf, type Db2Fingerprint } from './fingerprint/fingerprint.ts'
import {
  fingerprintOf,
  fingerprintStatements,
  readAgain,
  survey,
  surveyOf,
  surveyStatements,
  type Survey,
} from './fingerprint/read-fingerprint.ts'
import { backupStatement, imageParts, timestampOf } from './image/back-up.ts'
import { checkImage } from './image/check-image.ts'
import { connectStatements } from './instance/facts.ts'
import { makeDirectory } from './instance/own.ts'
import { placeOf, type Place } from './instance/place.ts'
import { onlineOf } from './mode.ts'

/**
 * The server writes the image into a directory of its own machine; only when all of it is there, and Db2's own program
 * has found it sound, is it packed. Disposing of the dump removes it.
 */
export function dump(request: DumpRequest<Flags>, host: Host): Dump {
  const ended = new AbortController()
  const inner = endingWith(host, ended.signal)
  let staging: Promise<Staged> | undefined
  const start = (): Promise<Staged> => (staging ??= stage(request, inner))

  return {
    members: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Member> {
        const { index, directory } = await start()
        host.report({ kind: 'estimate', bytes: index.parts.reduce((sum, { bytes }) => sum + bytes, 0) })
        yield { name: 'main', format, bytes: writeArchive(index, directory.path, inner) }
      },
    },
    async fingerprint() {
      const { fingerprint } = await start()
      if (fingerprint === undefined) throw host.error('INTERNAL', 'This dump was asked for without a fingerprint')
      return fingerprint
    },
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The dump was ended before its end'))
      const staged = await staging?.catch(() => undefined)
      await staged?.directory[Symbol.asyncDispose]()
    },
  }
}

interface Staged {
  readonly directory: TempDir
  readonly index: ImageIndex
  readonly fingerprint?: Db2Fingerprint
}

async function stage(request: DumpRequest<Flags>, host: Host): Promise<Staged> {
  host.signal.throwIfAborted()
  const { flags } = request.source
  const place = await placeOf(request.source, host)
  const { owner } = place.instance
  const found = await survey(place.database, flags['lock-timeout'], place, host, 'DUMP_FAILED')
  const online = onlineOf(flags.mode, found.facts, host)
  const directory = await host.tempDir(owner)
  try {
    const directories: string[] = []
    for (let part = 1; part <= flags.parts; part++) {
      directories.push(await makeDirectory(join(directory.path, String(part)), owner))
    }
    const backup = backupStatement(
      place.database,
      directories,
      { online, compress: flags.compress === true },
      place.login,
      host,
    )
    const make = online ? backUpOnline : backUpOffline
    const { timestamp, fingerprint } = await make(backup, found, place, request, host)
    const parts = await imageParts(directory.path, { ...place, timestamp }, host, 'DUMP_INCOMPLETE')
    host.report({ kind: 'phase', name: 'db2ckbkp' })
    const files = parts.map(({ name }) => join(directory.path, name))
    await checkImage(files, place.instance, host, 'DUMP_INCOMPLETE')
    const { version, automaticStorage, tableSpaces } = found.facts
    const image = { database: place.database, instance: place.instance.name, version, timestamp, online }
    return {
      directory,
      index: { scheme: SCHEME, ...image, automaticStorage, tableSpaces, parts },
      ...(fingerprint && { fingerprint }),
    }
  } catch (error) {
    await directory[Symbol.asyncDispose]()
    throw error
  }
}

type Made = { readonly timestamp: string; readonly fingerprint?: Db2Fingerprint }

/**
 * Nobody else is connected while rows are counted, and the backup follows in the same session. Our own connection has to
 * end before it, whatever IBM says of its being taken over: others have met SQL1035N. Between the two another application
 * may slip in: then the proof finds what that one wrote.
 */
async function backUpOffline(
  backup: string,
  found: Survey,
  { instance, database, login }: Place,
  { fingerprint, source }: DumpRequest<Flags>,
  host: Host,
): Promise<Made> {
  host.report({ kind: 'phase', name: 'backup' })
  const reading = fingerprint
    ? [
        ...connectStatements(database, login, source.flags['lock-timeout'], true),
        ...fingerprintStatements(found),
        'CONNECT RESET',
      ]
    : []
  const transcript = await runClp([...reading, backup], { instance, ...(login && { login }) }, host)
  const timestamp = timestampOf(transcript, host, 'DUMP_FAILED')
  return fingerprint ? { timestamp, fingerprint: fingerprintOf(transcript, found, host, 'DUMP_FAILED') } : { timestamp }
}

/** Others write meanwhile. Rows are counted before and after: where nothing has changed, the image has the same. */
async function backUpOnline(
  backup: string,
  found: Survey,
  place: Place,
  { fingerprint, source }: DumpRequest<Flags>,
  host: Host,
): Promise<Made> {
  const { database } = place
  const patience = source.flags['lock-timeout']
  if (fingerprint) host.report({ kind: 'phase', name: 'count rows' })
  const before = fingerprint ? await readAgain(database, found, patience, place, host, 'DUMP_FAILED') : undefined
  host.report({ kind: 'phase', name: 'backup' })
  const looking = before ? surveyStatements(database, patience, place) : []
  const transcript = await runClp([backup, ...looking], place, host)
  const timestamp = timestampOf(transcript, host, 'DUMP_FAILED')
  if (before === undefined) return { timestamp }
  host.report({ kind: 'phase', name: 'count rows' })
  // Tables may have been made and dropped meanwhile.
  const later = surveyOf(transcript, host, 'DUMP_FAILED')
  const after = await readAgain(database, later, patience, place, host, 'DUMP_FAILED')
  const steady = steadyOf(before, after)
  warnOfMoving(before, steady, host)
  return { timestamp, fingerprint: steady }
}

function warnOfMoving(before: Db2Fingerprint, { tables }: Db2Fingerprint, host: Host): void {
  const kept = new Set(tables.filter(({ rows }) => rows !== undefined).map(({ name }) => name))
  const moving = before.tables.map(({ name }) => name).filter((name) => !kept.has(name))
  if (moving.length === 0) return
  const named = moving.slice(0, 10).join(', ') + (moving.length > 10 ? ` and ${moving.length - 10} more` : '')
  host.report({
    kind: 'warning',
    message: `Written to during the backup, so that their rows are in it but cannot be compared: ${named}`,
  })
}

/** A host whose programs also end when `signal` aborts. */
function endingWith(host: Host, signal: AbortSignal): Host {
  const both = AbortSignal.any([host.signal, signal])
  return { ...host, signal: both, runTool: (call) => host.runTool({ ...call, signal: both }) }
}
