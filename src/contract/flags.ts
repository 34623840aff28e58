/**
 * Flags that a plugin contributes. Written once, `as const`, in the plugin's own TypeScript; `package.json` carries a
 * generated copy so that parsing, help and completion know them without importing the plugin.
 *
 * The flag `bucket` of the plugin `s3` is `--s3-bucket` on the command line and `DBVAULT_S3_BUCKET` in the
 * environment; the plugin reads it as `flags.bucket`.
 */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>

export type FlagSpec = StringFlag | PathFlag | IntegerFlag | BooleanFlag

interface FlagCommon {
  /** One line of plain text for `--help`. Template tags (`<%`) are refused. */
  readonly summary: string
  /** Further environment variables that are read, after `DBVAULT_<PLUGIN>_<FLAG>`, in this order. */
  readonly env?: readonly string[]
  /** True for a flag that deletes or replaces: no environment variable may stand for it. */
  readonly argvOnly?: boolean
  /** The commands that take it. Absent: every command that takes this kind of plugin. */
  readonly commands?: readonly FlagCommand[]
  readonly hidden?: boolean
}

/** The commands that a plugin's flags can appear on. */
export type FlagCommand = 'backup' | 'restore' | 'verify' | 'list' | 'show' | 'copy' | 'decrypt' | 'prune' | 'doctor'

export interface StringFlag extends FlagCommon {
  readonly type: 'string'
  readonly options?: readonly string[]
  readonly default?: string
  readonly required?: boolean
  readonly multiple?: boolean
  /** True for a password, token or connection string: never echoed, and warned about when it stands on argv. */
  readonly secret?: boolean
  /** What it means to the core, where that has to know: which part of a storage address it is. */
  readonly role?: AddressRole
}

/** A path of the local machine. `~` and relative paths are resolved by the shell and the plugin, not by the core. */
export interface PathFlag extends FlagCommon {
  readonly type: 'path'
  readonly default?: string
  readonly required?: boolean
}

export interface IntegerFlag extends FlagCommon {
  readonly type: 'integer'
  readonly min?: number
  readonly max?: number
  readonly default?: number
  readonly required?: boolean
}

export interface BooleanFlag extends FlagCommon {
  readonly type: 'boolean'
  readonly default?: boolean
}

/**
 * The parts of `scheme://container/key`. What the user gives as a `key` names one object exactly, or, if it ends in a
 * slash, a folder that everything is below; the plugin need not look at it.
 */
export type AddressRole = 'container' | 'key'

type Scalar<F> = F extends { type: 'boolean' }
  ? boolean
  : F extends { type: 'integer' }
    ? number
    : F extends { options: readonly (infer O extends string)[] }
      ? O
      : string

type Value<F> = F extends { multiple: true } ? readonly Scalar<F>[] : Scalar<F>

/** What a plugin gets: one property a flag, `undefined` where the user gave nothing and there is no default. */
export type FlagValues<S extends FlagSpecs> = {
  readonly [K in keyof S]: S[K] extends { required: true } | { default: string | number | boolean }
    ? Value<S[K]>
    : Value<S[K]> | undefined
}
