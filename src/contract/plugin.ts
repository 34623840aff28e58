import type { FlagSpecs } from './flags.ts'

/** The version of the contract that this dbvault speaks. A plugin that says another number is refused by name. */
export type ContractVersion = 1

interface DescriptorCommon<S extends FlagSpecs> {
  readonly contract: ContractVersion
  /** What the user types after `--db` or `--cloud`: lower case, digits and single dashes, starting with a letter. */
  readonly name: string
  /** One line of plain text for `--help`. */
  readonly summary: string
  /** The plugin's entry file, relative to its package; its default export is the {@link Engine} or {@link StoragePlugin}. */
  readonly module: `./${string}`
  readonly flags: S
}

/** The `dbvault` field in the package.json of an engine plugin. */
export interface EngineDescriptor<S extends FlagSpecs = FlagSpecs> extends DescriptorCommon<S> {
  readonly kind: 'engine'
  /** How a source is addressed. Settings that are not listed are refused with a clear error instead of ignored. */
  readonly source: {
    /** A database is a name on a server, or the path of a file. */
    readonly database: 'name' | 'file'
    readonly settings: readonly SourceSetting[]
  }
  /** Every dump format this engine writes or reads. */
  readonly formats: readonly FormatDescriptor[]
}

export type SourceSetting = 'host' | 'port' | 'user' | 'password' | 'url'

export interface FormatDescriptor {
  /** Permanent: it stands in manifests. */
  readonly id: string
  /** Without the dot. */
  readonly extension: string
  /** The first bytes of every dump in this format, in hex, where it has such: lets an artifact without a manifest be recognised. */
  readonly magic?: string
}

/** The `dbvault` field in the package.json of a storage plugin. */
export interface StorageDescriptor<S extends FlagSpecs = FlagSpecs> extends DescriptorCommon<S> {
  readonly kind: 'storage'
  /** The schemes of its addresses, `["s3"]` for `s3://bucket/key`; the first one is used when an address is printed. */
  readonly schemes: readonly string[]
}

export type PluginDescriptor = EngineDescriptor | StorageDescriptor
