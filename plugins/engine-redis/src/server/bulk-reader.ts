import type { Host } from 'dbvault'
import { nameOf } from './server.ts'
import type { Wire } from './wire.ts'

/** A reply of any kind but a list: a line, a number, or the length of a text that follows and is read apart. */
export type Reply =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'text'; readonly length: number }
  | { readonly kind: 'nothing' }

export async function readReply(wire: Wire, host: Host): Promise<Reply> {
  const line = await wire.line()
  const rest = line.slice(1)
  switch (line.charAt(0)) {
    case '+':
      return { kind: 'line', text: rest }
    case '-':
      return { kind: 'error', text: rest }
    case ':':
      return { kind: 'number', number: Number(rest) }
    case '_':
      return { kind: 'nothing' }
    case '$': {
      const length = Number(rest)
      return length < 0 ? { kind: 'nothing' } : { kind: 'text', length }
    }
    default:
      throw host.error(
        'SOURCE_UNREACHABLE',
        `The Redis server ${nameOf(wire.server)} answered with something unexpected`,
      )
  }
}

/** The bytes of a text, in parts, and the end of the line behind it. */
export async function* readText(wire: Wire, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0;) {
    const chunk = await wire.chunk()
    if (chunk.length > left) wire.unread(chunk.subarray(left))
    const part = chunk.subarray(0, left)
    left -= part.length
    yield part
  }
  for (let left = 2; left > 0;) {
    const chunk = await wire.chunk()
    if (chunk.length > left) wire.unread(chunk.subarray(left))
    left -= Math.min(left, chunk.length)
  }
}
