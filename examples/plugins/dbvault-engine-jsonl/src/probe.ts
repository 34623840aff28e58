import { realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Finding, Host, Probe, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { contentsOf } from './store.ts'

const MOST_NAMES = 5

/** Looks at the source in seconds, and changes nothing. What the dump would lack is a finding. */
export async function probe({ database, flags }: Source<Flags>, host: Host): Promise<Probe> {
  const { files, others } = await contentsOf(database, host)
  const path = await realpath(database)
  let bytes = 0
  for (const name of files) {
    host.signal.throwIfAborted()
    bytes += (await stat(join(path, name))).size
  }
  return {
    label: basename(path),
    identity: path,
    product: 'JSON Lines',
    version: '1',
    bytes,
    // Each file is of the moment in which it is opened.
    consistency: 'none',
    findings: findings(others, flags['ignore-others'] === true),
    scratch: { possible: true },
  }
}

function findings(others: readonly string[], ignored: boolean): Finding[] {
  if (others.length === 0) return []
  const names = others.slice(0, MOST_NAMES).map((name) => JSON.stringify(name))
  const more = others.length > MOST_NAMES ? ` and ${others.length - MOST_NAMES} more` : ''
  return [
    {
      severity: ignored ? 'warning' : 'incomplete',
      message: `${names.join(', ')}${more} would not be backed up: no plain file called .jsonl`,
      ...(!ignored && { fixes: ['Move it out of the folder, or say --jsonl-ignore-others.'] }),
    },
  ]
}
