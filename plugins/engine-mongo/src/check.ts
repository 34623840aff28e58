import type { Check, Host, Stored } from 'dbvault'
import { archiveProblem } from './archive/archive-problem.ts'
import { ArchiveReader } from './archive/read-archive.ts'
import { archiveOf, bytesOf } from './members.ts'

/** Reads everything: what the archive announces, each document, and the checksum and end of each collection. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const archive = archiveOf(stored, host, 'PROOF_FAILED')
  try {
    await using reader = await ArchiveReader.open(bytesOf(archive, host))
    const checked = { collections: reader.prelude.collections.length, documents: 0, bytes: 0 }
    for await (const { documents } of reader.batches()) {
      checked.documents += documents.length
      for (const { length } of documents) checked.bytes += length
    }
    return { checked }
  } catch (error) {
    throw archiveProblem(host, 'PROOF_FAILED', error)
  }
}
