/**
 * Backups of Redis against what one would do by hand, how fast its files are walked, and dbvault's memory at two sizes. Build
 * first: what is measured is what is published. `node bench/redis.ts [keys] [runs] [large megabytes]`, 1000000, 3 and 2000 by
 * default. Needs redis-server, redis-cli, pigz, openssl, GNU time and 8 GB of disk in the temp folder.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clientOf } from '../plugins/engine-redis/test/support/client.ts'
import { startRedis } from '../test/servers/redis.ts'
import { Figures } from './figures.ts'
import { type Contender, race } from './race.ts'
import { fillWithKeys, fillWithTexts } from './redis-keys.ts'

const [keys = 1_000_000, runs = 3, large = 2000] = process.argv.slice(2, 5).map(Number)
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const DBVAULT = `'${process.execPath}' --import '${path('own-peak.js')}' '${path('../bin/run.js')}'`
const folder = await mkdtemp(join(tmpdir(), 'bench-redis-'))
const [out, key, byHand, file] = ['out', 'vault.key', 'by-hand', 'dump.rdb'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
  string,
]
const MB = 1_000_000
const figures = new Figures()
const server = await startRedis({ password: '', settings: { 'proto-max-bulk-len': '1gb' } })
const client = clientOf(server)

try {
  await race([{ name: 'keygen', command: `${DBVAULT} keygen -s '${key}'` }], 1)
  const backup = (flags: string): Contender => ({
    name: `backup ${flags}`,
    command: `${DBVAULT} backup --db redis -H '${server.socket}' -D all -o '${out}' --key-file '${key}' --quiet ${flags}`,
    leaves: [out],
  })
  const dump: Contender = {
    name: 'redis-cli --rdb | pigz | openssl',
    command: `redis-cli -s '${server.socket}' --rdb - 2>/dev/null | pigz | openssl enc -aes-128-cbc -pbkdf2 -pass file:'${key}' -out '${byHand}'`,
    leaves: [byHand],
  }
  const sizeOfDump = async (): Promise<number> => {
    await rm(file, { force: true })
    execFileSync('redis-cli', ['-s', server.socket, '--rdb', file], { stdio: 'ignore' })
    return (await stat(file)).size / MB
  }

  await fillWithKeys(client, keys)
  const what = `Redis, ${keys} keys, ${(await sizeOfDump()).toFixed(0)} MB`
  await figures.compare(
    `${what}: backup -e --prove none, redis-cli --rdb | pigz | openssl`,
    backup('--prove none'),
    dump,
    1.1,
    runs,
  )
  await walk(what)
  await figures.memory(`${what}: backup -e, proven`, backup(''), 150)
  if (large > 0) {
    await client.flushall()
    await fillWithTexts(client, large)
    const more = `Redis, ${(await sizeOfDump()).toFixed(0)} MB`
    await walk(more)
    await figures.memory(`${more}: backup -e, proven`, backup(''), 150)
    await client.flushall()
    // One string of 100 MB, and a hash of a million fields.
    await client.set('string', Buffer.alloc(100 * MB, 'not quite compressible 0123456789 '))
    await client.eval(`for i = 1, 1000000 do redis.call('HSET', 'hash', 'field ' .. i, 'value ' .. i * 7) end`, 0)
    await figures.memory('Redis, a string of 100 MB and a hash of 1,000,000 fields: backup -e, proven', backup(''), 150)
  }
} finally {
  client.disconnect()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
figures.print()

/** Form of every value, digests and CRC64 of a whole file; the median of the runs. */
async function walk(what: string): Promise<void> {
  const size = (await stat(file)).size / MB
  const once = (): number => Number(execFileSync(process.execPath, [path('rdb-walk.ts'), file], { encoding: 'utf8' }))
  const seconds = Array.from({ length: runs }, once).toSorted((a, b) => a - b)[runs >> 1] ?? NaN
  figures.add(`${what}: walk of the file`, `${(size / seconds).toFixed(0)} MB/s`, '150 MB/s')
}
