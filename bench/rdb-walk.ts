/** Walks an RDB file as dbvault does when it checks one. `node bench/rdb-walk.ts FILE` */
import { createReadStream } from 'node:fs'
import { Tally } from '../plugins/engine-redis/src/fingerprint/tally.ts'
import { RdbWalk } from '../plugins/engine-redis/src/rdb/rdb-walk.ts'

const tally = new Tally()
const walk = new RdbWalk(tally)
for await (const chunk of createReadStream(String(process.argv[2]))) walk.push(chunk as Uint8Array)
walk.end()
