import { basename } from 'node:path'
import type { Host, Probe, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { openSource } from './open-source.ts'

/** Looks at the source in seconds, and changes nothing. What the dump would lack is a finding. */
export async function probe({ database }: Source<Flags>, host: Host): Promise<Probe> {
  await using file = await openSource(database, host)
  const { size } = await file.stat()
  return {
    label: basename(database),
    product: 'template files',
    version: '1',
    bytes: size,
    consistency: 'none',
    findings: [],
    scratch: { possible: true },
  }
}
