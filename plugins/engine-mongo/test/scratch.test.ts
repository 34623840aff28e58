import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { needs } from '../../../test/support/tools.ts'
import { testMongo } from '../../../test/servers/mongo.ts'
import engine from '../src/index.ts'
import { testClient } from './support/client.ts'
import { database, dump, prove, rejected } from './support/exam.ts'
import { at, harness } from './support/harness.ts'
import { programs } from './support/programs.ts'

const HOLDER = new URL('support/scratch-holder.ts', import.meta.url)

describe('scratch for MongoDB', () => {
  needs('mongo', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('of a run that was killed is removed by the next, that of one that lives is left alone', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    const dumped = await dump(at(db.mongo, db.name))
    const [killed, living] = await Promise.all([holder(), holder()])
    const gone = once(killed.child, 'exit')
    killed.child.kill('SIGKILL')
    await gone
    await using host = testHost()
    assert.equal((await prove(dumped, at(db.mongo, db.name), { host })).outcome, 'equal')
    const left = (await harness.leftovers?.()) ?? []
    assert.ok(!left.includes(`database ${killed.database}`), left.join())
    assert.ok(left.includes(`database ${living.database}`), left.join())
    assert.match(JSON.stringify(host.events), new RegExp(`Removed ${killed.database}`))
    const ended = once(living.child, 'exit')
    living.child.send('end')
    await ended
  })

  it('of another machine is removed only when it has not shown itself for long', async () => {
    const { client } = await testClient()
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    const dumped = await dump(at(db.mongo, db.name))
    const lease = { _id: 1 as never, host: 'elsewhere', boot: 'x', pid: 1, start: '1' }
    const [old, fresh] = ['dbvault_scratch_00000000000000aa', 'dbvault_scratch_00000000000000bb']
    await client
      .db(old)
      .collection('dbvault_lease_00000000000000aa')
      .insertOne({ ...lease, beat: Date.now() - 1e8 })
    await client
      .db(fresh)
      .collection('dbvault_lease_00000000000000bb')
      .insertOne({ ...lease, beat: Date.now() })
    await client.db('dbvault_scratch_of_somebody').collection('a').insertOne({ x: 1 })
    await prove(dumped, at(db.mongo, db.name))
    const left = (await harness.leftovers?.()) ?? []
    assert.ok(!left.includes(`database ${old}`))
    assert.ok(left.includes(`database ${fresh}`))
    assert.ok(left.includes('database dbvault_scratch_of_somebody'))
    await client.db(fresh).dropDatabase()
    await client.db('dbvault_scratch_of_somebody').dropDatabase()
  })

  it('can be on another server that a URL names', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    const dumped = await dump(at(db.mongo, db.name))
    const url = { reveal: () => `${db.mongo.url}?directConnection=true` }
    assert.equal((await prove(dumped, at(db.mongo, db.name), { mode: 'url', url })).outcome, 'equal')
    const nowhere = { reveal: () => 'mongodb://127.0.0.1:1/' }
    await rejected(prove(dumped, at(db.mongo, db.name), { mode: 'url', url: nowhere }), 'PROOF_UNFINISHED')
  })

  it('on a private server needs a mongod; what is missing is said before the dump', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    using bin = programs({})
    const source = at(db.mongo, db.name, { 'bin-dir': bin.path })
    const { scratch } = await engine.probe(source, testHost(), { mode: 'private' })
    assert.ok(!scratch.possible && /no mongod/.test(scratch.why))
    assert.deepEqual((await engine.probe(source, testHost())).scratch, { possible: true })
    const dumped = await dump(source)
    assert.match(await rejected(prove(dumped, source, { mode: 'private' }), 'PROOF_UNFINISHED'), /no mongod/)
  })

  it('on a private server is not tried with a mongod that is older than the source', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    using bin = programs({ mongod: 'echo "db version v4.4.1"' })
    const source = at(db.mongo, db.name, { 'bin-dir': bin.path })
    const { scratch } = await engine.probe(source, testHost(), { mode: 'private' })
    assert.ok(!scratch.possible && /is 4\.4\.1, older than/.test(scratch.why))
  })

  it('on a private server that does not start says why, and is had on the source instead', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    using bin = programs({
      mongod: 'case "$1" in --version) echo "db version v9.0.0";; *) echo "no such option" >&2; exit 2;; esac',
    })
    const source = at(db.mongo, db.name, { 'bin-dir': bin.path })
    const dumped = await dump(source)
    await rejected(prove(dumped, source, { mode: 'private' }), 'PROOF_UNFINISHED')
    assert.equal((await prove(dumped, source, { mode: 'auto' })).outcome, 'equal')
  })

  // There is no mongod here. The program in its place takes its arguments and serves on its socket what the tests' server has.
  it('on a private server is reached by its socket, and ends with the proof', async () => {
    const mongo = await testMongo()
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    using bin = programs({
      mongod: `case "$1" in --version) echo "db version v9.0.0"; exit;; esac
        for each in "$@"; do case "$each" in --bind_ip=*) socket=\${each#--bind_ip=};; --dbpath=*) test -d "\${each#--dbpath=}" || exit 3;; esac; done
        echo $$ > "$0.pid"
        exec ${process.execPath} -e 'const net = require("node:net"); net.createServer((one) => { const other = net.connect(${mongo.port}, "127.0.0.1"); one.pipe(other).pipe(one); for (const each of [one, other]) each.on("error", () => {}) }).listen(process.argv[1])' "$socket"`,
    })
    const source = at(db.mongo, db.name, { 'bin-dir': bin.path })
    const dumped = await dump(source)
    await using host = testHost()
    // The server behind wants to know who comes; a private one does not.
    const said = await rejected(prove(dumped, source, { mode: 'private', host }), 'PROOF_UNFINISHED')
    assert.match(said, /Command .* requires authentication|may not make databases|does not permit/)
  })
})

async function holder(): Promise<{ readonly child: ChildProcess; readonly database: string }> {
  const { url } = await testMongo()
  const child = fork(HOLDER, { env: { ...process.env, CANARY: url } })
  const [name] = (await once(child, 'message')) as [string]
  return { child, database: name }
}
