import type { FlagCommand, FlagSpec, FlagSpecs } from '../contract/flags.ts'
import {
  fail,
  flagName,
  integer,
  isOneOf,
  knownKeys,
  list,
  object,
  oneOf,
  optional,
  plainText,
  yesOrNo,
  type Json,
} from './shape.ts'

const TYPES = ['string', 'path', 'integer', 'boolean'] as const
const COMMANDS = [
  'backup',
  'restore',
  'verify',
  'list',
  'show',
  'copy',
  'decrypt',
  'prune',
  'doctor',
] as const satisfies FlagCommand[]
const ROLES = ['container', 'key'] as const
const ENVIRONMENT_NAME = /^[A-Z][A-Z0-9_]{0,99}$/
const MOST_FLAGS = 64

const COMMON = ['type', 'summary', 'env', 'argvOnly', 'commands', 'hidden']
const KEYS: Readonly<Record<(typeof TYPES)[number], readonly string[]>> = {
  string: [...COMMON, 'options', 'default', 'required', 'multiple', 'secret', 'role'],
  path: [...COMMON, 'default', 'required'],
  integer: [...COMMON, 'min', 'max', 'default', 'required'],
  boolean: [...COMMON, 'default'],
}

/** Checks the flags of a descriptor. @throws ShapeError naming the field */
export function parseFlagSpecs(raw: Json | undefined, at: string): FlagSpecs {
  const entries = Object.entries(object(raw, at))
  if (entries.length > MOST_FLAGS) fail(at, `holds ${entries.length} flags; at most ${MOST_FLAGS} are allowed`)
  return Object.fromEntries(
    entries.map(([name, spec]) => [flagName(name, `${at}.${name}`), parseFlagSpec(spec, `${at}.${name}`)]),
  )
}

function parseFlagSpec(raw: Json, at: string): FlagSpec {
  const spec = object(raw, at)
  const type = oneOf(spec['type'], TYPES, `${at}.type`)
  knownKeys(spec, KEYS[type], at)
  plainText(spec['summary'], `${at}.summary`)
  for (const key of ['argvOnly', 'hidden', 'required', 'multiple', 'secret'])
    optional(spec[key], yesOrNo, `${at}.${key}`)
  optional(spec['env'], (names, where) => list(names, environmentName, where), `${at}.env`)
  optional(
    spec['commands'],
    (names, where) => list(names, (name, i) => oneOf(name, COMMANDS, i), where),
    `${at}.commands`,
  )
  optional(spec['options'], (options, where) => list(options, plainText, where), `${at}.options`)
  optional(spec['role'], (role, where) => oneOf(role, ROLES, where), `${at}.role`)
  optional(spec['min'], integer, `${at}.min`)
  optional(spec['max'], integer, `${at}.max`)
  optional<string | number | boolean>(spec['default'], DEFAULTS[type], `${at}.default`)
  if (spec['argvOnly'] === true && spec['env'] !== undefined) fail(`${at}.env`, 'contradicts "argvOnly"')
  if (spec['multiple'] === true && spec['default'] !== undefined) fail(`${at}.default`, 'contradicts "multiple"')
  if (spec['required'] === true && spec['default'] !== undefined) fail(`${at}.default`, 'contradicts "required"')
  const options = spec['options']
  if (Array.isArray(options) && spec['default'] !== undefined && !isOneOf(spec['default'], options))
    fail(`${at}.default`, 'is not one of "options"')
  return spec as unknown as FlagSpec
}

const DEFAULTS = { string: plainText, path: plainText, integer, boolean: yesOrNo }

function environmentName(raw: Json, at: string): string {
  if (typeof raw === 'string' && ENVIRONMENT_NAME.test(raw)) return raw
  return fail(at, 'must be the name of an environment variable in capitals')
}
