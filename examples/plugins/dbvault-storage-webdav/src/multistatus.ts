import type { Host } from 'dbvault'
import { XMLParser } from 'fast-xml-parser'

/** One thing on the server, as PROPFIND tells it. */
export interface Entry {
  /** Its path on the server, decoded. */
  readonly path: string
  readonly isFolder: boolean
  readonly bytes: number
  readonly modifiedAt: Date
}

/** What is asked for, and so what has to be answered. */
export const PROPERTIES = `<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>`

const parser = new XMLParser({
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === 'response' || name === 'propstat',
})

interface Answer {
  readonly multistatus?: { readonly response?: readonly Told[] }
}

interface Told {
  readonly href?: string
  readonly propstat?: readonly { readonly status?: string; readonly prop?: Properties }[]
}

interface Properties {
  readonly resourcetype?: string | { readonly collection?: unknown }
  readonly getcontentlength?: string
  readonly getlastmodified?: string
}

/** @throws STORAGE_FAILED unless all of the answer is there and understood: a listing cut short hides backups */
export function entriesOf(text: string, doing: string, host: Host): Entry[] {
  const bad = (what: string): Error => host.error('STORAGE_FAILED', `Cannot ${doing}: ${what} in the server's answer`)
  if (!/<\/(?:[\w.-]+:)?multistatus>\s*$/.test(text)) throw bad('the end of the XML is missing')
  const { multistatus } = parser.parse(text) as Answer
  if (multistatus?.response === undefined) throw bad('there is no multistatus')
  return multistatus.response.map(({ href, propstat = [] }) => {
    const found = propstat.find(({ status }) => / 200 /.test(`${status} `))?.prop
    if (href === undefined || found === undefined) throw bad('a thing has no name or no properties')
    const isFolder = typeof found.resourcetype === 'object' && 'collection' in found.resourcetype
    const bytes = isFolder ? 0 : Number(found.getcontentlength ?? NaN)
    const modifiedAt = new Date(found.getlastmodified ?? (isFolder ? 0 : NaN))
    if (!Number.isSafeInteger(bytes) || Number.isNaN(modifiedAt.getTime())) throw bad(`${href} has no size or no time`)
    const { pathname } = new URL(href, 'http://server')
    return { path: decodeURIComponent(pathname), isFolder, bytes, modifiedAt }
  })
}
