import { XMLParser } from 'fast-xml-parser'

export type Xml = Readonly<Record<string, unknown>>

/** Lists of what there may be one of are lists always; everything else is text. */
const parser = new XMLParser({
  parseTagValue: false,
  // The quotes of an ETag are numbered ones, which the parser leaves.
  tagValueProcessor: (_name, text) =>
    text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
  isArray: (name) => name === 'Contents' || name === 'Upload' || name === 'Rule',
})

/** The parser is content with half of a document. */
function isWhole(xml: string): boolean {
  const root = /<(?![?!])([\w:]+)/.exec(xml)?.[1]
  return root !== undefined && new RegExp(`(</${root}>|^[^<]*(<[?!][^<]*)*<${root}[^<>]*/>)\\s*$`).test(xml)
}

/** An empty object for what is no XML, or not all of it. */
export function parseXml(xml: string): Xml {
  try {
    const parsed: unknown = isWhole(xml) ? parser.parse(xml) : {}
    return typeof parsed === 'object' && parsed !== null ? (parsed as Xml) : {}
  } catch {
    return {}
  }
}

/** The element of that name; undefined where there is none, or one of text. */
export function elementOf(xml: Xml, name: string): Xml | undefined {
  const element = xml[name]
  return typeof element === 'object' && element !== null ? (element as Xml) : undefined
}

export function elementsOf(xml: Xml, name: string): readonly Xml[] {
  const elements = xml[name]
  return Array.isArray(elements) ? (elements as Xml[]) : []
}

export function textOf(xml: Xml, name: string): string | undefined {
  const value = xml[name]
  return typeof value === 'string' ? value : undefined
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
