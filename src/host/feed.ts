import { Readable, type Writable } from 'node:stream'

/**
 * Writes the input and, at its end, closes stdin. Resolves to whether all of it was taken. When the input throws, stdin
 * is left open: what the program has read so far may not look like all there is.
 */
export async function feed(source: AsyncIterator<Uint8Array>, stdin: Writable): Promise<boolean> {
  stdin.on('error', () => {}) // Comes to each write as well. Why the program stopped reading is for the program to say.
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const { value } = next
    const failure = await new Promise<unknown>((resolve) => stdin.write(value, resolve))
    if (failure !== null && failure !== undefined) return false
  }
  stdin.end()
  return true
}

/** Not awaited: an input that is silent would answer only after its next chunk. A stream can be ended at once. */
export function release(source: AsyncIterator<Uint8Array>, input: AsyncIterable<Uint8Array>): void {
  if (input instanceof Readable) input.destroy()
  source.return?.().catch(() => {})
}
