/**
 * Walks an RDB file as dbvault does when it checks one, and prints how many seconds that took, the start of the program
 * not counted. Build first: what is measured is what is published. `node bench/rdb-walk.ts FILE`
 */
import { createReadStream } from 'node:fs'
import type { Tally as BuiltTally } from '../plugins/engine-redis/src/fingerprint/tally.ts'
import type { RdbWalk as BuiltWalk } from '../plugins/engine-redis/src/rdb/rdb-walk.ts'

/** Pieces as large as dbvault reads files in. */
const PIECE = 512 * 1024
const built = async <T>(module: string): Promise<T> =>
  (await import(new URL(`../plugins/engine-redis/dist/${module}.js`, import.meta.url).href)) as T

const { Tally } = await built<{ Tally: typeof BuiltTally }>('fingerprint/tally')
const { RdbWalk } = await built<{ RdbWalk: typeof BuiltWalk }>('rdb/rdb-walk')
const started = performance.now()
const walk = new RdbWalk(new Tally())
const file = createReadStream(String(process.argv[2]), { highWaterMark: PIECE })
for await (const piece of file) walk.push(piece as Uint8Array)
walk.end()
console.log((performance.now() - started) / 1000)
