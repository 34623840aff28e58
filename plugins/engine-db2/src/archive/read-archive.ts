import type { ErrorCode, Host, Stored } from 'dbvault'
import { createHash } from 'node:crypto'
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { abortable } from '../abortable.ts'
import { format, INDEX_NAME } from '../descriptor.ts'
import { parseIndex, type ImageIndex, type Part } from './image-index.ts'
import { DIGESTS_NAME, MOST_TEXT, tarLength } from './layout.ts'

/** Takes the bytes of a part, one chunk after the other. */
export type Take = (part: Part, chunk: Uint8Array) => Promise<void>

/** What is wrong with the tar itself, in words. What reading throws is thrown as it is. */
class Unsound extends Error {
  override readonly name = 'Unsound'
}

/** What writing a part somewhere threw: no fault of the tar either. */
class OfTaker extends Error {
  override readonly name = 'OfTaker'
}

/**
 * Reads a stored tar to its last byte: the index, every part that it names with its size, a digest of each, and the end.
 * @throws `code`, naming what is wrong; what the stream throws
 */
export async function readArchive(
  stored: readonly Stored[],
  host: Host,
  code: ErrorCode,
  take: Take = async () => {},
): Promise<ImageIndex> {
  const [member, ...more] = stored
  if (member?.name !== 'main' || member.format.id !== format.id || more.length > 0) {
    throw host.error(code, 'These are not the members of a Db2 backup: it has one, the tar of an image')
  }
  const stream = await member.open()
  const counted: Counted = { bytes: 0 }
  try {
    return await entries(counting(abortable(stream as AsyncIterable<Uint8Array>, host.signal), counted), counted, take)
  } catch (error) {
    host.signal.throwIfAborted()
    if (counted.failure !== undefined) throw counted.failure
    if (error instanceof OfTaker) throw error.cause
    const why = error instanceof Unsound ? error.message : `it is no whole tar (${(error as Error).message})`
    throw host.error(code, `What is stored is not a whole image of Db2: ${why}`, { cause: error })
  } finally {
    stream.destroy()
  }
}

interface Counted {
  bytes: number
  /** What the stream threw: that is no fault of the tar. */
  failure?: Error
}

async function* counting(source: AsyncIterable<Uint8Array>, counted: Counted): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) {
      counted.bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    counted.failure = error instanceof Error ? error : new Error(String(error))
    throw error
  }
}

async function entries(source: AsyncIterable<Uint8Array>, counted: Counted, take: Take): Promise<ImageIndex> {
  const decoder = createTarDecoder({ strict: true })
  const parsed = ReadableStream.from(source).pipeThrough(decoder)[Symbol.asyncIterator]()
  try {
    const first = await textOf(await next(parsed), INDEX_NAME)
    const index = parseIndex(first)
    if (index === undefined) throw new Unsound('its index is not one that this version knows')
    const digests: { name: string; sha256: string }[] = []
    for (const part of index.parts)
      digests.push({ name: part.name, sha256: await partOf(await next(parsed), part, take) })
    const last = await textOf(await next(parsed), DIGESTS_NAME)
    if (last !== `${JSON.stringify(digests)}\n`) throw new Unsound('its parts are not those that were packed')
    if ((await parsed.next()).done !== true) throw new Unsound('something stands behind its end')
    const sizes = [first, last].map((text) => Buffer.byteLength(text))
    if (counted.bytes !== tarLength([...sizes, ...index.parts.map(({ bytes }) => bytes)])) {
      throw new Unsound(`it has ${counted.bytes} bytes, which is not where its end has to be`)
    }
    return index
  } finally {
    // Not awaited: a source that is silent would answer only after its next chunk.
    parsed.return?.().catch(() => {})
  }
}

type Entries = AsyncIterator<ParsedTarEntry>

async function next(parsed: Entries): Promise<ParsedTarEntry> {
  const { done, value } = await parsed.next()
  if (done === true) throw new Unsound('it ends before all of its parts')
  return value
}

async function textOf({ header, body }: ParsedTarEntry, name: string): Promise<string> {
  if (header.name !== name) throw new Unsound(`in place of ${name} it has ${JSON.stringify(header.name.slice(0, 100))}`)
  if (header.size > MOST_TEXT) throw new Unsound(`its ${name} is too long`)
  return Buffer.concat(await Array.fromAsync(body)).toString('utf8')
}

async function partOf({ header, body }: ParsedTarEntry, part: Part, take: Take): Promise<string> {
  if (header.name !== part.name || header.size !== part.bytes) {
    throw new Unsound(`in place of ${part.name} with ${part.bytes} bytes it has something else`)
  }
  const hash = createHash('sha256')
  for await (const chunk of body) {
    hash.update(chunk)
    try {
      await take(part, chunk)
    } catch (error) {
      throw new OfTaker('', { cause: error })
    }
  }
  return hash.digest('hex')
}
