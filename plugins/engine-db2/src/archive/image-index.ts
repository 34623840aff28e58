import { parseImageName } from '../image/image-name.ts'

/** The first entry of the tar: what is needed to restore the image whose files follow. */
export interface ImageIndex {
  readonly scheme: typeof SCHEME
  readonly database: string
  readonly instance: string
  /** Of the server, such as `11.5.8.0`. */
  readonly version: string
  readonly timestamp: string
  readonly online: boolean
  /** Whether any table space leaves it to the database where its files are. */
  readonly automaticStorage: boolean
  /** Those that do not. */
  readonly tableSpaces: readonly TableSpace[]
  readonly parts: readonly Part[]
}

export interface TableSpace {
  readonly id: number
  readonly kind: 'SMS' | 'DMS'
  readonly pages: number
}

export interface Part {
  /** The directory that it was written into, by number, and the name that the server gave it. */
  readonly name: string
  readonly bytes: number
}

export const SCHEME = 'db2-images-1'

/** Takes nothing on trust: the names become those of files. */
export function parseIndex(text: string): ImageIndex | undefined {
  try {
    const index = JSON.parse(text) as ImageIndex
    return isSound(index) ? index : undefined
  } catch {
    return undefined // No JSON, or something that is not even an object.
  }
}

function isSound({ scheme, database, instance, version, timestamp, online, ...rest }: ImageIndex): boolean {
  const { automaticStorage, tableSpaces, parts } = rest
  return (
    scheme === SCHEME &&
    /^[\w@#$]{1,8}$/.test(database) &&
    /^\d{14}$/.test(timestamp) &&
    [typeof instance, typeof version, typeof online, typeof automaticStorage].join() ===
      'string,string,boolean,boolean' &&
    tableSpaces.every(isTableSpace) &&
    parts.length > 0 &&
    parts.every((part) => isPart(part, timestamp)) &&
    new Set(parts.map(({ name }) => name)).size === parts.length
  )
}

function isPart({ name, bytes }: Part, timestamp: string): boolean {
  const [, directory, file] = /^([1-9]\d?)\/([^/]+)$/.exec(name) ?? []
  return (
    directory !== undefined &&
    parseImageName(String(file))?.timestamp === timestamp &&
    Number.isSafeInteger(bytes) &&
    bytes > 0
  )
}

function isTableSpace({ id, kind, pages }: TableSpace): boolean {
  return Number.isSafeInteger(id) && (kind === 'SMS' || kind === 'DMS') && Number.isSafeInteger(pages)
}
