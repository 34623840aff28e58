import type { Host, Stored } from 'dbvault'
import type { Vendor } from '../server/facts.ts'
import { untilAborted } from '../sql/until-aborted.ts'

/** What has to be known of the server that was dumped to restore as it was. */
export interface Origin {
  readonly vendor: Vendor
  readonly version: string
  readonly database: string
  readonly lowerCaseTableNames: number
  /** Other databases that its views use, where that is known: a private server lacks them. */
  readonly elsewhere?: readonly string[]
}

const HEADER_BYTES = 4096

/** From the comment that every dump begins with, for a backup without a fingerprint. */
export async function originOf(main: Stored, host: Host): Promise<Origin> {
  const stream = await main.open()
  try {
    let start = ''
    for await (const chunk of untilAborted(stream as AsyncIterable<Buffer>, host.signal)) {
      start += chunk.toString('utf8')
      if (start.length >= HEADER_BYTES) break
    }
    const server = /^-- Server version\s+(\S+)/m.exec(start)?.[1] ?? ''
    return {
      vendor: /mariadb/i.test(server || start.slice(0, 512)) ? 'MariaDB' : 'MySQL',
      version: /\d+\.\d+\.\d+/.exec(server.replace(/^5\.5\.5-(?=1)/, ''))?.[0] ?? '0.0.0',
      database: /^-- Host: .*?\s{4}Database: (.*)$/m.exec(start)?.[1] || 'dbvault_scratch',
      lowerCaseTableNames: 0,
    }
  } finally {
    stream.destroy()
  }
}
