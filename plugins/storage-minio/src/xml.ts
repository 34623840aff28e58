import { XMLParser } from 'fast-xml-parser'

export type Xml = Readonly<Record<string, unknown>>

/** Lists of what there may be one of are lists always; everything else is text. */
const parser = new XMLParser({
  parseTagValue: false,
  // Numbered entities too: the quotes of an ETag are such.
  htmlEntities: true,
  isArray: (name) => name === 'Contents' || name === 'Upload' || name === 'Rule',
})

/** An empty object for what is no XML. */
export function parseXml(xml: string): Xml {
  try {
    const parsed: unknown = parser.parse(xml, true)
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
