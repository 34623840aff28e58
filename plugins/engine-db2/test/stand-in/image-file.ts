import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Content } from './state.ts'

/** What is in an image of the stand-in. Like a real one it is in parts, with a head and a tail to each. */
export interface Image {
  readonly database: string
  readonly timestamp: string
  readonly online: boolean
  readonly before: Content
  /** What its logs lead to. */
  readonly after?: Content
}

interface Head {
  readonly part: number
  readonly parts: number
  readonly bytes: number
  readonly sha256: string
}

const START = 'SQLUBRMEDHEAD '
const TAIL = '\nSQLUBRCKTAIL  '

export function writeImage(image: Image, instance: string, directories: readonly string[]): string[] {
  const text = Buffer.from(JSON.stringify(image))
  const size = Math.ceil(text.length / directories.length)
  return directories.map((directory, place) => {
    const bytes = text.subarray(place * size, (place + 1) * size)
    const head: Head = { part: place + 1, parts: directories.length, bytes: bytes.length, sha256: digest(bytes) }
    const number = String(place + 1).padStart(3, '0')
    const file = join(directory, `${image.database}.0.${instance}.DBPART000.${image.timestamp}.${number}`)
    writeFileSync(file, Buffer.concat([Buffer.from(`${START}${JSON.stringify(head)}\n`), bytes, Buffer.from(TAIL)]), {
      mode: 0o600,
    })
    return file
  })
}

/** One part, or undefined when it is damaged. */
export function readPart(file: string): { head: Head; bytes: Buffer } | undefined {
  const all = readFileSync(file)
  const end = all.indexOf('\n')
  try {
    if (all.subarray(0, START.length).toString() !== START) return undefined
    const head = JSON.parse(all.subarray(START.length, end).toString()) as Head
    const bytes = all.subarray(end + 1, end + 1 + head.bytes)
    const sound = digest(bytes) === head.sha256 && all.subarray(end + 1 + head.bytes).toString() === TAIL
    return sound ? { head, bytes } : undefined
  } catch {
    return undefined
  }
}

/** The image of a moment in these directories; 'none' when it is not there, 'damaged' when it cannot be read. */
export function findImage(
  database: string,
  timestamp: string,
  directories: readonly string[],
): Image | 'none' | 'damaged' {
  const files = directories.flatMap((directory) => names(directory).map((name) => join(directory, name)))
  const named = files.filter((file) => file.includes(`/${database}.0.`) && file.includes(`.${timestamp}.`)).sort(byPart)
  if (named.length === 0) return 'none'
  const parts = named.map(readPart)
  const whole = parts.every((part, place) => part?.head.part === place + 1 && part.head.parts === parts.length)
  if (!whole) return 'damaged'
  return JSON.parse(Buffer.concat(parts.map((part) => part?.bytes ?? Buffer.alloc(0))).toString()) as Image
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function byPart(a: string, b: string): number {
  return a.slice(-3).localeCompare(b.slice(-3))
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
