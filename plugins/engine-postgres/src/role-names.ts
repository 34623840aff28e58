import type { Host, Stored } from 'dbvault'
import { createInterface } from 'node:readline'
import { abortable } from './abortable.ts'
import { rolesFormat } from './descriptor.ts'
import { Readable } from 'node:stream'

const CREATE = /^CREATE ROLE ("(?:[^"]|"")+"|[^\s";]+);$/

/** The names of the roles in what pg_dumpall wrote; none when that was not stored. Nothing of it is executed. */
export async function roleNames(members: readonly Stored[], host: Host): Promise<string[]> {
  const member = members.find(({ format }) => format.id === rolesFormat.id)
  if (member === undefined) return []
  const stream = await member.open()
  const names: string[] = []
  try {
    const input = Readable.from(abortable(stream as AsyncIterable<Uint8Array>, host.signal))
    // A stream that fails only ends the lines.
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    input.once('error', failed.reject)
    const reading = (async () => {
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        const name = CREATE.exec(line)?.[1]
        if (name !== undefined) names.push(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)
      }
    })()
    await Promise.race([reading, failed.promise])
    return names
  } finally {
    stream.destroy()
  }
}
