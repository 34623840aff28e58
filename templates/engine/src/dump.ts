import type { Dump, DumpRequest, Host, Member } from 'dbvault'
import { FORMAT, HEAD, type Flags } from './descriptor.ts'
import { Tally, type LinesFingerprint } from './fingerprint.ts'
import { lines } from './lines.ts'
import { openSource } from './open-source.ts'

/**
 * Starts a dump. The generator of the bytes says by ending that the dump is complete, and by throwing that it is not.
 * The fingerprint is of the rows that were read from the source, in the very moment that the dump shows.
 */
export function dump({ source }: DumpRequest<Flags>, host: Host): Dump {
  const read = Promise.withResolvers<LinesFingerprint>()
  // Nobody need ask for it.
  read.promise.catch(() => {})

  async function* bytes(): AsyncGenerator<Uint8Array> {
    await using file = await openSource(source.database, host)
    const tally = new Tally()
    yield Buffer.from(HEAD)
    for await (const line of lines(file.createReadStream({ autoClose: false }), host.signal)) {
      if (line === '\n' && source.flags['skip-empty']) continue
      const row = line.endsWith('\n') ? line : `${line}\n`
      tally.add(row)
      yield Buffer.from(row)
    }
    const fingerprint = tally.fingerprint()
    // A format needs an end of its own: without it a dump that was cut would look whole.
    yield Buffer.from(`#end ${fingerprint.lines} ${fingerprint.sha256}\n`)
    read.resolve(fingerprint)
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
