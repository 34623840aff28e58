import type { Host, Source } from 'dbvault'
import { databaseName, loginOf, type Login } from '../clp/quote.ts'
import type { Flags } from '../descriptor.ts'
import { findInstance, type Instance } from './instance.ts'

/** A database of an instance, and who works on it. */
export interface Place {
  readonly instance: Instance
  readonly database: string
  readonly login?: Login
}

/** @throws USAGE, SOURCE_NOT_FOUND, SOURCE_DENIED, TOOL_NOT_FOUND */
export async function placeOf(source: Source<Flags>, host: Host): Promise<Place> {
  const database = databaseName(source.database, host)
  const login = loginOf(source, host)
  const instance = await findInstance(source.flags, host)
  return { instance, database, ...(login && { login }) }
}
