import type { Mutant } from '../mutant.ts'

const PROVE = 'plugins/engine-redis/test/prove.test.ts'
const FETCH = 'plugins/engine-redis/test/fetch.test.ts'
const PUT_IN_PLACE = 'plugins/engine-redis/test/put-in-place.test.ts'
const RESTORE = 'plugins/engine-redis/test/restore.test.ts'
const CLUSTER = 'plugins/engine-redis/test/cluster.test.ts'

export const REDIS: readonly Mutant[] = [
  {
    name: 'the checksum of a file of Redis is not compared',
    file: 'plugins/engine-redis/src/rdb/rdb-walk.ts',
    find: 'if (this.#checks && !none && !found.equals(wanted))',
    replace: 'if (this.#checks && none && !found.equals(wanted))',
    killedBy: { file: FETCH, title: 'finds a bit that changed on the way' },
  },
  {
    name: 'only the upper half of scores is digested',
    file: 'plugins/engine-redis/src/rdb/value-reader.ts',
    find: '    member.word(DOUBLE.getInt32(4))\n',
    replace: '',
    killedBy: { file: PROVE, title: 'tells scores in their last bit apart' },
  },
  {
    name: 'when a key of Redis expires is not digested',
    file: 'plugins/engine-redis/src/rdb/rdb-walk.ts',
    find: '      hash.word(expires | 0)\n',
    replace: '',
    killedBy: { file: PROVE, title: 'tells times in their last millisecond apart' },
  },
  {
    name: 'a field of a hash is digested apart from its value',
    file: 'plugins/engine-redis/src/rdb/value-reader.ts',
    find: '    field.words(this.#one)\n',
    replace: '    this.#one.addTo(this.#sum)\n',
    killedBy: { file: PROVE, title: 'tells which value a field has apart' },
  },
  {
    name: 'what a server of Redis has counted is not compared with what it sends',
    file: 'plugins/engine-redis/src/fetch/fetch-node.ts',
    find: 'if (found.keys === keys && found.expiring === expiring) continue',
    replace: 'if (found.keys >= 0 || found.expiring === keys + expiring) continue',
    killedBy: { file: FETCH, title: 'fails when the server sends other keys than it has counted' },
  },
  {
    name: 'keys of other logical databases come along',
    file: 'plugins/engine-redis/src/fetch/only-database.ts',
    find: 'wanted = key.database === database',
    replace: 'wanted = key.database >= 0 || key.database === database',
    killedBy: { file: FETCH, title: 'dumps one logical database and nothing of others' },
  },
  {
    name: 'a cluster that lacks a slot is read as a whole',
    file: 'plugins/engine-redis/src/server/nodes.ts',
    find: '  if (missing > 0) {',
    replace: '  if (missing > SLOTS) {',
    killedBy: { file: CLUSTER, title: 'is not read while slots have no master' },
  },
  {
    name: 'what is prepared by a restore that lives counts as left by a dead one',
    file: 'plugins/engine-redis/src/target/staging.ts',
    find: 'now - Number(beat) > DEAD_MS',
    replace: 'now - Number(beat) > -DEAD_MS',
    killedBy: { file: RESTORE, title: 'removes what a killed restore has left, and only that' },
  },
  {
    name: 'what was prepared in Redis stays when the restore fails',
    file: 'plugins/engine-redis/src/target/staging.ts',
    find: 'else await flush(session, database)',
    replace: 'else kept.pop()',
    killedBy: { file: RESTORE, title: 'leaves the target as it was wherever the connection is cut' },
  },
  {
    name: 'keys that were restored in their place are not taken back',
    file: 'plugins/engine-redis/src/target/into-servers.ts',
    find: '    await undo(members, begun, owner, host)\n',
    replace: '    if (begun.length < 0) await undo(members, begun, owner, host)\n',
    killedBy: { file: RESTORE, title: 'and takes back what it restored when it fails' },
  },
  {
    name: 'old functions are not put back',
    file: 'plugins/engine-redis/src/target/put-in-place.ts',
    find: "await session.call('FUNCTION', 'RESTORE', before.dump, 'FLUSH')",
    replace: "await session.call('FUNCTION', 'LIST')",
    killedBy: { file: RESTORE, title: 'puts old functions back when what was restored cannot be put in its place' },
  },
  {
    name: 'the last step of a restore is carried out though it was given up',
    file: 'plugins/engine-redis/src/target/put-in-place.ts',
    find: "await session.call('WATCH', MARKER)",
    replace: "await session.call('GET', MARKER)",
    killedBy: { file: PUT_IN_PLACE, title: 'is not carried out any more once it was given up' },
  },
  {
    name: 'what was there before is removed though it is not known where it is',
    file: 'plugins/engine-redis/src/target/staging.ts',
    find: 'if (this.#replaced === undefined && mark.endsWith(REPLACED)) kept.push(database)',
    replace: 'if (this.#replaced === undefined && mark === REPLACED) kept.push(database)',
    killedBy: { file: PUT_IN_PLACE, title: 'keeps what was there before when that cannot be put back' },
  },
  {
    name: 'an RDB file is replaced by a restore',
    file: 'plugins/engine-redis/src/target/to-file.ts',
    find: "if ((await fileState(path, host)).state === 'occupied') throw occupied(host, path)",
    replace: "if ((await fileState(path, host)).state === 'occupied') await unlink(path)",
    killedBy: { file: RESTORE, title: 'writes a file that a stopped server starts with, and never replaces one' },
  },
]
