import { createHash } from 'node:crypto'
import type { Host, Stored } from 'dbvault'
import { ByteReader } from './byte-reader.ts'
import { HEAD } from './descriptor.ts'
import { isFileName } from './store.ts'
import { Tally } from './tally.ts'

/** A file of a dump that was stored. Its bytes have to be read to their end before the next one is asked for. */
export interface StoredFile {
  readonly name: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/**
 * The files of a dump that was stored. Ends only if the dump is whole and every digest in it is right.
 * @throws PROOF_FAILED
 */
export async function* storedFiles([member]: readonly Stored[], host: Host): AsyncGenerator<StoredFile> {
  const broken = (what: string): Error => host.error('PROOF_FAILED', `The dump ${what}`)
  if (member === undefined) throw broken('is not there: the backup has no member')
  const stream = await member.open()
  const reader = new ByteReader(stream, host.signal)
  const all = createHash('sha256')
  const seen = new Set<string>()

  async function line(): Promise<string> {
    const text = await reader.line()
    if (text === undefined) throw broken('is cut off')
    return text
  }

  async function* bytesOf(name: string, size: number): AsyncGenerator<Uint8Array> {
    const tally = new Tally()
    for await (const chunk of reader.bytes(size)) {
      tally.add(chunk)
      yield chunk
    }
    const { bytes, lines, sha256 } = tally.result()
    if (bytes !== size || (await line()) !== '') throw broken(`is cut off, or damaged, in ${JSON.stringify(name)}`)
    const end = JSON.stringify({ lines, sha256 })
    if ((await line()) !== end) throw broken(`has other bytes than were dumped of ${JSON.stringify(name)}`)
    all.update(`\n${end}\n`)
  }

  try {
    if ((await line()) !== HEAD) throw broken('does not begin as one')
    all.update(`${HEAD}\n`)
    for (;;) {
      const text = await line()
      const { file, bytes, files } = parsed(text)
      if (file === undefined) {
        if (text !== JSON.stringify({ files: seen.size, sha256: all.digest('hex') }))
          throw broken(files === undefined ? 'has a damaged line' : 'has lost files, or lines of it were changed')
        if ((await reader.line()) !== undefined) throw broken('goes on after its end')
        return
      }
      if (!isFileName(file) || seen.has(file) || bytes === undefined) throw broken('names a file that cannot be one')
      seen.add(file)
      all.update(`${text}\n`)
      yield { name: file, bytes: bytesOf(file, bytes) }
    }
  } finally {
    stream.destroy()
  }
}

/** What a line says, as far as it is what such a line may say. */
function parsed(line: string): { readonly file?: string; readonly bytes?: number; readonly files?: number } {
  let value: Record<string, unknown>
  try {
    value = Object(JSON.parse(line)) as Record<string, unknown>
  } catch {
    return {}
  }
  const { file, bytes, files } = value
  return {
    ...(typeof file === 'string' && { file }),
    ...(Number.isSafeInteger(bytes) && (bytes as number) >= 0 && { bytes: bytes as number }),
    ...(typeof files === 'number' && { files }),
  }
}
