import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Dump, DumpRequest, Host, Member } from 'dbvault'
import { FORMAT, HEAD, type Flags } from './descriptor.ts'
import { fingerprint, type StoreFingerprint } from './fingerprint.ts'
import { JsonLines } from './json-lines.ts'
import { contentsOf, openFile } from './store.ts'
import { Tally, type Tallied } from './tally.ts'

/**
 * Starts a dump. The generator of the bytes says by ending that the dump is complete, and by throwing that it is not.
 * The fingerprint is of the bytes that were read from the source, in the very moment that the dump shows.
 *
 * Every file is a line that tells its name and size, so many bytes as they are, and a line with their digest; the last
 * line of all digests these lines. So a dump that was cut, or to which something was added, never looks whole.
 */
export function dump({ source }: DumpRequest<Flags>, host: Host): Dump {
  const read = Promise.withResolvers<StoreFingerprint>()
  // Nobody need ask for it.
  read.promise.catch(() => {})

  async function* bytes(): AsyncGenerator<Uint8Array> {
    const all = createHash('sha256')
    const line = (text: string): Uint8Array => {
      all.update(text)
      return Buffer.from(text)
    }
    const tallied: [string, Tallied][] = []
    yield line(`${HEAD}\n`)
    for (const name of (await contentsOf(source.database, host)).files) {
      const path = join(source.database, name)
      await using file = await openFile(source.database, name, host)
      const { size } = await file.stat()
      yield line(`${JSON.stringify({ file: name, bytes: size })}\n`)
      const tally = new Tally()
      const json = new JsonLines(path, host)
      // What is appended from now on belongs to the next backup.
      const chunks = size === 0 ? [] : file.createReadStream({ autoClose: false, end: size - 1, signal: host.signal })
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        json.add(chunk)
        tally.add(chunk)
        yield chunk
      }
      const { bytes: got, lines, sha256 } = tally.result()
      if (got !== size) throw host.error('DUMP_INCOMPLETE', `${path} became shorter while it was read`)
      yield line(`\n${JSON.stringify({ lines, sha256 })}\n`)
      tallied.push([name, tally.result()])
    }
    yield Buffer.from(`${JSON.stringify({ files: tallied.length, sha256: all.digest('hex') })}\n`)
    read.resolve(fingerprint(tallied))
  }

  async function* members(): AsyncGenerator<Member> {
    yield { name: 'main', format: FORMAT, bytes: bytes() }
  }

  return {
    members: members(),
    fingerprint: () => read.promise,
    async [Symbol.asyncDispose]() {
      read.reject(host.error('DUMP_INCOMPLETE', `${source.database} was not read to its end`))
    },
  }
}
