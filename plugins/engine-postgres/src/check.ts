import type { Check, Host, Stored } from 'dbvault'
import { abortable } from './abortable.ts'
import { archiveProblem } from './archive/archive-problem.ts'
import { readArchive } from './archive/read-archive.ts'
import { membersOf } from './members.ts'
import { readSql } from './sql/read-sql.ts'

/** Reads everything: of an archive the end of each block of data that its table of contents announces. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const { main, contents, others } = membersOf(stored, host, 'PROOF_FAILED')
  const stream = await main.open()
  try {
    const chunks = abortable(stream as AsyncIterable<Uint8Array>, host.signal)
    const checked = contents === undefined ? await checkArchive(chunks) : await checkSql(chunks, contents, host)
    let { bytes } = checked
    for (const other of others) bytes += await lengthOf(other, host)
    return { checked: { ...checked, bytes } }
  } catch (error) {
    throw archiveProblem(host, 'PROOF_FAILED', error)
  } finally {
    stream.destroy()
  }
}

type Checked = Readonly<Record<string, number>> & { readonly bytes: number }

async function checkArchive(chunks: AsyncIterable<Uint8Array>): Promise<Checked> {
  const reading = readArchive(chunks)
  let bytes = 0
  let next = await reading.next()
  for (; !next.done; next = await reading.next()) bytes += next.value.length
  const { contents, blocks, largeObjects } = next.value
  return { bytes, entries: contents.entries.length, blocks, blobs: largeObjects }
}

async function checkSql(chunks: AsyncIterable<Uint8Array>, contents: Stored, host: Host): Promise<Checked> {
  let bytes = 0
  let statements = 0
  const counted = (async function* () {
    for await (const chunk of chunks) {
      bytes += chunk.length
      yield chunk
    }
  })()
  for await (const { kind } of readSql(counted)) if (kind === 'statement') statements++
  const beside = await contents.open()
  try {
    const { bytes: more, entries = 0 } = await checkArchive(abortable(beside as AsyncIterable<Uint8Array>, host.signal))
    return { bytes: bytes + more, statements, entries }
  } finally {
    beside.destroy()
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
