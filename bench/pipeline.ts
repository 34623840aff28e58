/**
 * The whole program against what one would do by hand, its start against Node's own, and its memory at two sizes.
 * Build first: what is measured is what is published. `node bench/pipeline.ts [runs]`, 3 by default. Needs sqlite3,
 * pigz, GNU time and 15 GB of disk in the temp folder.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Contender, race } from './race.ts'
import { sampleDatabase } from './sample-database.ts'

const MB = 1_000_000
const DBVAULT = `'${process.execPath}' '${fileURLToPath(new URL('../bin/run.js', import.meta.url))}'`
const [runs = 3] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'bench-pipeline-'))
const at = (name: string): string => join(folder, name)
const out = at('out')
const key = at('vault.key')

const backup = (database: string, flags: string): Contender => ({
  name: `backup ${flags}`,
  command: `${DBVAULT} backup --db sqlite -D '${database}' -o '${out}' --key-file '${key}' --quiet ${flags}`,
  leaves: [out],
})
const node: Contender = { name: 'node -e 0', command: `'${process.execPath}' -e 0` }

type Row = Record<string, string | number>
const table: Row[] = []

async function compare(what: string, ours: Contender, theirs: Contender, goal: number, times: number): Promise<void> {
  const [mine, other] = await race([ours, theirs], times)
  table.push({
    what,
    seconds: mine.seconds.toFixed(3),
    'other, seconds': other.seconds.toFixed(3),
    ratio: (mine.seconds / other.seconds).toFixed(2),
    'at most': goal,
    'CPU seconds': mine.cpuSeconds.toFixed(2),
    'peak MB': Math.round(mine.peakMb),
  })
}

async function memory(what: string, contender: Contender): Promise<void> {
  const [mine] = await race([contender], 1)
  table.push({ what, seconds: mine.seconds.toFixed(1), 'peak MB': Math.round(mine.peakMb), 'at most': '150 MB' })
}

try {
  await race([{ name: 'keygen', command: `${DBVAULT} keygen -s '${key}'` }], 1)
  await compare('--version', { name: 'version', command: `${DBVAULT} --version` }, node, 5, 7)
  await compare('--help', { name: 'help', command: `${DBVAULT} --help` }, node, 7, 7)

  sampleDatabase(at('small.db'), 5 * MB)
  await compare('encrypted, proven backup of 5 MB', backup(at('small.db'), ''), node, 18, 7)

  sampleDatabase(at('middle.db'), 1000 * MB)
  const copy = at('copy.db')
  const byHand = {
    name: 'sqlite3 .backup, pigz -6',
    command: `sqlite3 '${at('middle.db')}' ".backup '${copy}'" && pigz -6 '${copy}'`,
    leaves: [copy, `${copy}.gz`],
  }
  await compare('whole pipeline, 1 GB, --prove none', backup(at('middle.db'), '--prove none'), byHand, 1.1, runs)
  await rm(at('middle.db'))

  for (const [size, megabytes] of [
    ['0.2 GB', 200],
    ['4 GB', 4000],
  ] as const) {
    const database = at(`memory-${megabytes}.db`)
    sampleDatabase(database, megabytes * MB)
    await memory(`backup -e of ${size}, proven`, backup(database, ''))
    await rm(database)
    const artifact = (await readdir(join(out, 'sqlite'))).find((name) => name.endsWith('.enc')) ?? ''
    const decrypt = `${DBVAULT} decrypt -f '${join(out, 'sqlite', artifact)}' --key-file '${key}' -o '${at('plain')}' --quiet`
    await memory(`decrypt of the same`, { name: 'decrypt', command: decrypt, leaves: [at('plain')] })
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.table(table)
