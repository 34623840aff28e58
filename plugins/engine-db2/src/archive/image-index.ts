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
  let index: Partial<ImageIndex>
  try {
    index = JSON.parse(text) as Partial<ImageIndex>
  } catch {
    return undefined
  }
  const { database, instance, timestamp, parts, tableSpaces } = index
  const sound =
    index.scheme === SCHEME &&
    /^[\w@#$]{1,8}$/.test(String(database)) &&
    /^\d{14}$/.test(String(timestamp)) &&
    typeof instance === 'string' &&
    typeof index.version === 'string' &&
    typeof index.online === 'boolean' &&
    typeof index.automaticStorage === 'boolean' &&
    Array.isArray(tableSpaces) &&
    tableSpaces.every(isTableSpace) &&
    Array.isArray(parts) &&
    parts.length > 0 &&
    parts.every((part: Part) => isPart(part, String(timestamp))) &&
    new Set(parts.map(({ name }: Part) => name)).size === parts.length
  return sound ? (index as ImageIndex) : undefined
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
