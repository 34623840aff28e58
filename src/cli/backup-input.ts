import type { Scratch, Source } from '../contract/engine.ts'
import type { Secret } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { secret } from '../host/secret.ts'
import { compressions } from '../pipeline/compress/compression.ts'
import type { BackupRequest } from '../operations/backup-request.ts'
import type { EngineContribution } from '../registry/contribution.ts'
import { pluginFlags } from '../registry/flag-values.ts'
import type { Registry } from '../registry/registry.ts'
import { askChoice, askSecret, askText } from './ask.ts'
import type { Given } from './one-of.ts'
import { readPassword } from './secret-input.ts'

/** The source settings among parsed flags; `backup` and `restore` name them alike. */
export interface SourceFlags {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly 'password-file'?: string | undefined
  readonly 'password-command'?: string | undefined
  readonly url?: string | undefined
}

interface Wanted {
  db?: string | undefined
  database?: string[] | undefined
  'all-databases'?: boolean | undefined
  url?: string | undefined
  output?: string | undefined
  cloud?: string[] | undefined
}

/** Asks a person for what is missing, one question a line; where there is nobody to ask, one error names all of it. */
export async function completeBackupFlags(
  flags: Wanted,
  registry: Registry,
  person: boolean,
  signal: AbortSignal,
): Promise<void> {
  const missing: string[] = []
  const engines = registry.engines.map(({ descriptor }) => descriptor.name)
  if (flags.db === undefined) {
    if (person && engines.length > 0) flags.db = await askChoice('Which kind of database?', engines, signal)
    else missing.push(`--db (one of: ${engines.join(', ') || 'none is installed'})`)
  }
  const engine = flags.db === undefined ? undefined : registry.engine(flags.db)
  if (!flags.database?.length && !flags['all-databases'] && flags.url === undefined) {
    const file = engine?.descriptor.source.database === 'file'
    if (person) flags.database = [await askText(file ? 'Path of the database file?' : 'Name of the database?', signal)]
    else missing.push(`--database (${file ? 'the path of its file' : 'its name'})`)
  }
  if (flags.output === undefined && !flags.cloud?.length) {
    if (person) flags.output = await askText('Directory to store the backup in?', signal)
    else missing.push('--output (a directory), or a --cloud')
  }
  if (missing.length > 0)
    throw new DbvaultError('USAGE', `Missing: ${missing.join('; ')}`, { hints: ['See: dbvault backup --help'] })
}

/** The password of a user is asked for when nothing else provides it and the engine knows passwords. */
export async function passwordFor(
  flags: SourceFlags,
  { descriptor }: EngineContribution,
  given: Given,
  person: boolean,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const known = await readPassword(flags, given)
  const needed = descriptor.source.settings.includes('password')
  if (known || !needed || flags.user === undefined || flags.url !== undefined || !person) return known
  return secret(await askSecret(`Password of ${flags.user}?`, signal))
}

/** Where a database with this name or path is, and how to log in there. */
export function sourceOf(
  database: string,
  flags: SourceFlags,
  contribution: EngineContribution,
  password: Secret | undefined,
): Source {
  return {
    database,
    ...(flags.host !== undefined && { host: flags.host }),
    ...(flags.port !== undefined && { port: flags.port }),
    ...(flags.user !== undefined && { user: flags.user }),
    ...(flags.url !== undefined && { url: secret(flags.url) }),
    ...(password && { password }),
    flags: pluginFlags(contribution, flags as Record<string, unknown>),
  }
}

/** `auto`, `private`, `source`, or a connection string. */
export function scratchOf(text: string): Pick<Scratch, 'mode' | 'url'> {
  return text === 'auto' || text === 'private' || text === 'source'
    ? { mode: text }
    : { mode: 'url', url: secret(text) }
}

/** @throws USAGE */
export function labelsOf(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at <= 0) throw new DbvaultError('USAGE', `--label ${text} is not of the form key=value`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

/** @throws USAGE when the level is not one of this compression's */
export function compressionOf(name: 'gzip' | 'zstd', level: number | undefined): BackupRequest['compression'] {
  const { min, max } = compressions[name].levels
  if (level !== undefined && (level < min || level > max)) {
    throw new DbvaultError('USAGE', `--level ${level} is not a level of ${name}, which has ${min} to ${max}`)
  }
  return { name, ...(level !== undefined && { level }) }
}
