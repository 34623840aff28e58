import type { Check, Host, Stored } from 'dbvault'
import { abortable } from './abortable.ts'
import { archiveProblem } from './archive/archive-problem.ts'
import { readArchive } from './archive/read-archive.ts'
import { membersOf } from './members.ts'

/** Reads everything: the table of contents, and the end of each block of data that it announces. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const { archive, others } = membersOf(stored, host, 'PROOF_FAILED')
  const stream = await archive.open()
  try {
    const reading = readArchive(abortable(stream as AsyncIterable<Uint8Array>, host.signal))
    let bytes = 0
    let next = await reading.next()
    for (; !next.done; next = await reading.next()) bytes += next.value.length
    const { contents, blocks, largeObjects } = next.value
    for (const other of others) bytes += await lengthOf(other, host)
    return { checked: { bytes, entries: contents.entries.length, blocks, blobs: largeObjects } }
  } catch (error) {
    throw archiveProblem(host, 'PROOF_FAILED', error)
  } finally {
    stream.destroy()
  }
}

async function lengthOf(stored: Stored, host: Host): Promise<number> {
  const stream = await stored.open()
  try {
    let bytes = 0
    for await (const chunk of abortable(stream as AsyncIterable<Uint8Array>, host.signal)) bytes += chunk.length
    return bytes
  } finally {
    stream.destroy()
  }
}
