import type { Host, Scratch } from 'dbvault'
import { databaseOptions } from '../archive/database-options.ts'
import { majorOf, type TableOfContents } from '../archive/table-of-contents.ts'
import type { Flags } from '../descriptor.ts'
import type { PostgresFingerprint } from '../fingerprint/fingerprint.ts'
import { fingerprintOf } from '../fingerprint/fingerprint-of.ts'
import type { OpenBackup } from '../open-backup.ts'
import { identifier } from '../server/identifier.ts'
import { placeOf } from '../server/place.ts'
import type { Place, Server } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { nearest, toolsToRestore, type RestoreWay } from '../tools/choose-tools.ts'
import { findTools, type Tools } from '../tools/find-tools.ts'
import { runRestore } from '../tools/run-restore.ts'
import { openGivenDatabase } from './given-database.ts'
import { startPrivateServer } from './private-server.ts'
import type { OpenScratch } from './scratch.ts'
import { createScratchDatabase } from './scratch-database.ts'
import { ScratchUnavailable } from './unavailable.ts'

/** What has to be restored there. */
export interface Wanted {
  readonly contents: TableOfContents
  readonly isSql: boolean
  /** Roles that the dumped server had. */
  readonly roles: readonly string[]
}

/** Whether several processes can read the password from one /dev/fd: on other systems they share how far it was read. */
const OPENS_ANEW = process.platform === 'linux'

type Way = () => Promise<OpenScratch>

/**
 * An empty database to restore into: on a private server that is started for it, or on the source's, or on another.
 * @throws PROOF_UNFINISHED when none can be had, with the reason for each
 */
export async function openScratch(wanted: Wanted, scratch: Scratch<Flags>, host: Host): Promise<OpenScratch> {
  const found = await findTools(scratch.flags['bin-dir'], host)
  const reasons: ScratchUnavailable[] = []
  for (const way of await waysTo(wanted, scratch, found, host)) {
    try {
      return await way()
    } catch (error) {
      host.signal.throwIfAborted()
      if (!(error instanceof ScratchUnavailable)) throw error
      reasons.push(error)
    }
  }
  const why = reasons.map(({ message }) => message).join('; ')
  throw host.error('PROOF_UNFINISHED', `There is nowhere to try the restore: ${why}`, {
    hints: [...new Set(reasons.flatMap(({ hints }) => hints)), 'Or name a server to try it on: --scratch postgres://…'],
    cause: reasons[0],
  })
}

async function waysTo(
  wanted: Wanted,
  { mode, url, source, flags }: Scratch<Flags>,
  found: readonly Tools[],
  host: Host,
): Promise<Way[]> {
  const onPrivate: Way = () => openPrivate(wanted, found, host)
  switch (mode) {
    case 'private':
      return [onPrivate]
    case 'url': {
      const { server, database } = await placeOf({ database: '', flags, ...(url && { url }) }, host)
      // Where to be connected to while another database is made, or, for who may make none, that database.
      return [() => openOn({ ...server, maintenanceDatabase: database }, database, wanted, found, host)]
    }
    case 'source':
      return source ? [await onSource(source, wanted, found, host)] : [missingSource]
    case 'auto':
      return source ? [onPrivate, await onSource(source, wanted, found, host)] : [onPrivate]
  }
}

async function onSource(
  source: Parameters<typeof placeOf>[0],
  wanted: Wanted,
  found: readonly Tools[],
  host: Host,
): Promise<Way> {
  const { server } = await placeOf(source, host)
  return () => openOn(server, undefined, wanted, found, host)
}

const missingSource: Way = () => {
  throw new ScratchUnavailable('a stored backup has no source to try it on', [
    'Use --scratch private, or name a server.',
  ])
}

async function openPrivate(wanted: Wanted, found: readonly Tools[], host: Host): Promise<OpenScratch> {
  const { contents } = wanted
  const tools = privateTools(found, majorOf(contents.dumpVersion), majorOf(contents.serverVersion))
  const { server, ...running } = await startPrivateServer(tools, contents.entries.length, host)
  try {
    const database = await createOn(server, wanted, tools.major, host)
    const way = { server: tools.major, direct: true, sideBySide: OPENS_ANEW, ...(!wanted.isSql && { tools }) }
    return {
      fill: (opened) => fill(opened, { server, database }, way, true, host),
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    }
  } catch (error) {
    await running[Symbol.asyncDispose]()
    throw error
  }
}

/** @throws ScratchUnavailable */
export function privateTools(found: readonly Tools[], dumped: number, server: number): Tools {
  const wanted = Math.max(dumped, server)
  const tools = nearest(
    found.filter(({ hasServer }) => hasServer),
    wanted,
  )
  if (tools) return tools
  throw new ScratchUnavailable(`on this machine there is no PostgreSQL ${wanted} to start a private server from`, [
    `Install one: apt-get install postgresql-${wanted}`,
  ])
}

/** The server goes away as a whole, so the database needs no name of its own and no lock. */
async function createOn(server: Server, { contents, roles }: Wanted, major: number, host: Host): Promise<string> {
  await using session = await Session.open(server, server.maintenanceDatabase, host)
  await requireExtensions(session, contents)
  // Policies, and values of type regrole, name roles. Without rights and logins: only the names.
  const own = roles.filter((role) => role !== server.user && !role.startsWith('pg_'))
  if (own.length > 0) await session.rows(own.map((role) => `CREATE ROLE ${identifier(role)};`).join(' '))
  await session.rows(`CREATE DATABASE scratch ${databaseOptions(contents, major)}`).catch((error: unknown) => {
    host.signal.throwIfAborted()
    const said = error instanceof Error ? error.message : String(error)
    throw new ScratchUnavailable(`a private server here cannot have a database like the dumped one: ${said}`, [
      'Install the locale of the database on this machine.',
    ])
  })
  return 'scratch'
}

/** `given` is the database that the user named for it. */
async function openOn(
  server: Server,
  given: string | undefined,
  { contents, isSql }: Wanted,
  found: readonly Tools[],
  host: Host,
): Promise<OpenScratch> {
  await using session = await Session.open(server, server.maintenanceDatabase, host)
  const { version, superuser, may } = await session.row<{ version: string; superuser: boolean; may: boolean }>(
    `SELECT pg_catalog.current_setting('server_version') AS version, rolsuper AS superuser, rolsuper OR rolcreatedb AS may
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  )
  const major = majorOf(version)
  const way = isSql
    ? { server: major, direct: false }
    : toolsToRestore(found, majorOf(contents.dumpVersion), major, host)
  await requireExtensions(session, contents)
  if (given !== undefined && !may) return await openGivenDatabase({ server, database: given }, contents, way, host)
  const { place, ...database } = await createScratchDatabase(server, databaseOptions(contents, major), host)
  return {
    fill: (opened) => fill(opened, place, way, superuser, host),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

async function fill(
  opened: OpenBackup,
  place: Place,
  way: RestoreWay,
  superuser: boolean,
  host: Host,
): Promise<PostgresFingerprint> {
  const options = { relations: true, eventTriggers: !superuser, owners: false, privileges: false }
  await runRestore(opened, place, way, options, host)
  return await fingerprintOf(place, host)
}

/** @throws ScratchUnavailable naming those that the server lacks */
async function requireExtensions(session: Session, { entries }: TableOfContents): Promise<void> {
  const wanted = entries.filter(({ kind, name }) => kind === 'EXTENSION' && name !== 'pg_cron').map(({ name }) => name)
  if (wanted.length === 0) return
  const rows = await session.rows<{ name: string }>('SELECT name FROM pg_catalog.pg_available_extensions')
  const missing = wanted.filter((name) => !rows.some((row) => row.name === name))
  if (missing.length === 0) return
  throw new ScratchUnavailable(`the extensions ${missing.join(', ')} are not installed there`, [
    `Install the packages of ${missing.join(', ')} where the restore is tried.`,
  ])
}
