import type { Dump, DumpRequest, Fingerprint, Host, Member } from 'dbvault'
import { archiveFormat, type Flags } from './descriptor.ts'
import { dumpArchive } from './dump-archive.ts'
import { dumpByTool } from './tools/dump-by-tool.ts'

/**
 * The fingerprint is made while the archive is: at a point in time from a reading of its own, otherwise from the very
 * documents that the server gave, before anything is done to them. See docs/decisions.
 */
export function dump({ source, fingerprint: wanted }: DumpRequest<Flags>, host: Host): Dump {
  const ended = new AbortController()
  const inner: Host = { ...host, signal: AbortSignal.any([host.signal, ended.signal]) }
  const fingerprint = Promise.withResolvers<Fingerprint>()
  fingerprint.promise.catch(() => {})
  let running: Promise<unknown> | undefined

  async function* bytes(): AsyncGenerator<Uint8Array> {
    const finished = Promise.withResolvers<void>()
    running = finished.promise
    try {
      const archive = source.flags.tool === true ? dumpByTool(source, inner) : dumpArchive(source, wanted, inner)
      fingerprint.resolve(yield* archive)
    } catch (error) {
      fingerprint.reject(error)
      throw error
    } finally {
      fingerprint.reject(host.error('INTERRUPTED', 'The dump was ended before its end'))
      finished.resolve()
    }
  }

  return {
    members: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Member> {
        try {
          yield { name: 'main', format: archiveFormat, bytes: bytes() }
        } finally {
          fingerprint.reject(host.error('INTERRUPTED', 'The dump was ended before its end'))
        }
      },
    },
    fingerprint: () => fingerprint.promise,
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The dump was ended before its end'))
      fingerprint.reject(ended.signal.reason)
      await running
    },
  }
}
