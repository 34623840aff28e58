/**
 * The whole program against what one would do by hand, its start against Node's own, and its memory at two sizes.
 * Build first: what is measured is what is published. `node bench/pipeline.ts [runs]`, 3 by default. Needs sqlite3,
 * pigz, GNU time and 15 GB of disk in the temp folder.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Figures } from './figures.ts'
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

const figures = new Figures()

try {
  await race([{ name: 'keygen', command: `${DBVAULT} keygen -s '${key}'` }], 1)
  await figures.compare('--version', { name: 'version', command: `${DBVAULT} --version` }, node, 5, 7)
  await figures.compare('--help', { name: 'help', command: `${DBVAULT} --help` }, node, 7, 7)

  sampleDatabase(at('small.db'), 5 * MB)
  await figures.compare('encrypted, proven backup of 5 MB', backup(at('small.db'), ''), node, 18, 7)

  sampleDatabase(at('middle.db'), 1000 * MB)
  const copy = at('copy.db')
  const byHand = {
    name: 'sqlite3 .backup, pigz -6',
    command: `sqlite3 '${at('middle.db')}' ".backup '${copy}'" && pigz -6 '${copy}'`,
    leaves: [copy, `${copy}.gz`],
  }
  await figures.compare(
    'whole pipeline, 1 GB, --prove none',
    backup(at('middle.db'), '--prove none'),
    byHand,
    1.1,
    runs,
  )
  await rm(at('middle.db'))

  for (const [size, megabytes] of [
    ['0.2 GB', 200],
    ['4 GB', 4000],
  ] as const) {
    const database = at(`memory-${megabytes}.db`)
    sampleDatabase(database, megabytes * MB)
    await figures.memory(`backup -e of ${size}, proven`, backup(database, ''), 150)
    await rm(database)
    const artifact = (await readdir(join(out, 'sqlite'))).find((name) => name.endsWith('.enc')) ?? ''
    const decrypt = `${DBVAULT} decrypt -f '${join(out, 'sqlite', artifact)}' --key-file '${key}' -o '${at('plain')}' --quiet`
    await figures.memory('decrypt of the same', { name: 'decrypt', command: decrypt, leaves: [at('plain')] }, 150)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
figures.print()
