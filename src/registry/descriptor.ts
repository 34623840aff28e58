import type { ContractVersion, FormatDescriptor, PluginDescriptor, SourceSetting } from '../contract/plugin.ts'
import { parseFlagSpecs } from './flag-spec.ts'
import {
  fail,
  kebabCase,
  knownKeys,
  list,
  matching,
  object,
  oneOf,
  optional,
  plainText,
  ShapeError,
  type Json,
} from './shape.ts'

const CONTRACT: ContractVersion = 1
const SETTINGS = ['host', 'port', 'user', 'password', 'url'] as const satisfies readonly SourceSetting[]
const COMMON = ['contract', 'kind', 'name', 'summary', 'module', 'flags']
const MOST_BYTES = 64 * 1024

/** The core's own words for places, which no plugin may take. */
const RESERVED_NAMES = ['local', 'file']

/**
 * Checks the `dbvault` field of a plugin's package.json and returns a copy of it in which nothing can run: plain JSON.
 * @throws ShapeError whose message names the field and says what is wrong with it
 */
export function parseDescriptor(raw: unknown): PluginDescriptor {
  const descriptor = object(plainJson(raw), 'dbvault')
  // First of all: a plugin of another contract may well differ in everything else.
  if (descriptor['contract'] !== CONTRACT)
    fail(
      'dbvault.contract',
      `is ${JSON.stringify(descriptor['contract']) ?? 'missing'}; this dbvault speaks contract ${CONTRACT}`,
    )
  const kind = oneOf(descriptor['kind'], ['engine', 'storage'] as const, 'dbvault.kind')
  knownKeys(descriptor, [...COMMON, ...(kind === 'engine' ? ['source', 'formats'] : ['schemes'])], 'dbvault')
  const name = kebabCase(descriptor['name'], 'dbvault.name')
  if (RESERVED_NAMES.includes(name))
    fail('dbvault.name', `must not be ${JSON.stringify(name)}, which dbvault uses itself`)
  plainText(descriptor['summary'], 'dbvault.summary')
  modulePath(descriptor['module'], 'dbvault.module')
  parseFlagSpecs(descriptor['flags'], 'dbvault.flags')
  if (kind === 'engine') checkEngine(descriptor)
  else list(descriptor['schemes'] ?? null, scheme, 'dbvault.schemes')
  return descriptor as unknown as PluginDescriptor
}

function checkEngine(descriptor: { readonly [key: string]: Json }): void {
  const source = object(descriptor['source'], 'dbvault.source')
  knownKeys(source, ['database', 'settings'], 'dbvault.source')
  oneOf(source['database'], ['name', 'file'] as const, 'dbvault.source.database')
  const settings = source['settings']
  if (!Array.isArray(settings)) fail('dbvault.source.settings', 'must be a list')
  else settings.forEach((setting, index) => oneOf(setting, SETTINGS, `dbvault.source.settings[${index}]`))
  list(descriptor['formats'] ?? null, format, 'dbvault.formats')
}

function format(raw: Json, at: string): FormatDescriptor {
  const value = object(raw, at)
  knownKeys(value, ['id', 'extension', 'magic'], at)
  kebabCase(value['id'], `${at}.id`)
  matching(value['extension'], /^[a-z0-9]{1,16}$/, `${at}.extension`, 'letters and digits without a dot, such as "sql"')
  optional(
    value['magic'],
    (magic, where) => matching(magic, /^(?:[0-9a-f]{2}){2,32}$/, where, 'two to 32 bytes in lower-case hex'),
    `${at}.magic`,
  )
  return value as unknown as FormatDescriptor
}

function scheme(raw: Json, at: string): string {
  const value = matching(raw, /^[a-z][a-z0-9+.-]{0,30}$/, at, 'the scheme of an address, such as "ftp"')
  return value === 'file' ? fail(at, 'must not be "file", which dbvault uses itself') : value
}

/** Inside its own package, so that a descriptor cannot aim the import at another plugin or at the system. */
function modulePath(raw: Json | undefined, at: string): void {
  const path = matching(
    raw,
    /^\.\/[\w@./-]+\.(?:js|mjs|cjs)$/,
    at,
    'the path of a JavaScript file, such as "./dist/index.js"',
  )
  if (path.split('/').includes('..')) fail(at, 'must stay inside the package')
}

function plainJson(raw: unknown): Json {
  let text: string | undefined
  try {
    text = JSON.stringify(raw)
  } catch (error) {
    throw new ShapeError(`"dbvault" cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (text === undefined) return fail('dbvault', 'must be an object')
  if (text.length > MOST_BYTES)
    return fail('dbvault', `is ${text.length} characters long; at most ${MOST_BYTES} are allowed`)
  return JSON.parse(text) as Json
}
