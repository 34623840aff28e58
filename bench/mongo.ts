/**
 * The archiver for MongoDB, its fingerprint with it, against the driver's own bare reading of the same documents, and
 * dbvault's memory at two sizes. Build first: what is measured is what is published. `node bench/mongo.ts [documents]
 * [runs] [large documents]`, 100000, 3 and 3300000 by default. Needs the tests' server, GNU time, and 20 GB of disk in
 * the temp folder.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startMongo } from '../test/servers/mongo.ts'
import { Figures } from './figures.ts'
import { type Contender, race } from './race.ts'

const [documents = 100_000, runs = 3, large = 3_300_000] = process.argv.slice(2).map(Number)
const BYTES = 600
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const NODE = `'${process.execPath}' --import '${path('own-peak.js')}'`
const folder = await mkdtemp(join(tmpdir(), 'bench-mongo-'))
const [out, key] = [join(folder, 'out'), join(folder, 'vault.key')]
const figures = new Figures()
const server = await startMongo()
try {
  process.env['DBVAULT_PASSWORD'] = server.password
  const url = `'${server.url.replaceAll("'", '%27')}'`
  const reading = (way: string, count: number): Contender => ({
    name: way,
    command: `${NODE} '${path('../plugins/engine-mongo/bench/read.ts')}' ${way} ${url} bench${count} ${count}`,
  })
  const backup = (count: number, flags = ''): Contender => ({
    name: `backup -e ${flags}`,
    command: `${NODE} '${path('../bin/run.js')}' backup --db mongo -H 127.0.0.1 --port ${server.port} -u ${server.user} -D bench${count} -o '${out}' --key-file '${key}' --quiet ${flags}`,
    leaves: [out],
  })
  const megabytes = (count: number): string => `MongoDB, ${Math.round((count * BYTES) / 1e6)} MB`
  await race([{ name: 'keygen', command: `${NODE} '${path('../bin/run.js')}' keygen -s '${key}'` }], 1)
  await race([reading('fill', documents)], 1)
  await figures.compare(
    `${megabytes(documents)} in ${documents} documents: archive and fingerprint, the driver's bare raw cursor`,
    reading('archive', documents),
    reading('cursor', documents),
    1.3,
    runs,
  )
  for (const count of [166_000, large].filter((each) => each > 0)) {
    await race([reading('fill', count)], 1)
    await figures.memory(`${megabytes(count)}: backup -e --prove none`, backup(count, '--prove none'), 150)
    await figures.memory(`${megabytes(count)}: backup -e, proven`, backup(count), 150)
  }
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
figures.print()
