import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { startRedis, type TestRedis } from '../../../test/servers/redis.ts'
import { canMount, SmallDisk } from '../../../test/support/small-disk.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { clientOf } from './support/client.ts'
import { fillWithEverything } from './support/everything.ts'
import { dump, held, prove, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

/** What no compression makes smaller. */
async function random(server: TestRedis, megabytes: number): Promise<void> {
  await using client = clientOf(server)
  for (let place = 0; place < megabytes; place++) await client.set(`filler ${place}`, randomBytes(1 << 20))
}

describe('how a snapshot of Redis is fetched', () => {
  needs('redis', 'linux')

  for (const [title, settings] of [
    ['of a length that is known, from disk', { 'repl-diskless-sync': 'no' }],
    ['up to a marker, without a disk', { 'repl-diskless-sync': 'yes' }],
    ['after a delay in which others may join', { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '1' }],
    ['from a server that does not know PSYNC', { 'rename-command': 'PSYNC ""' }],
  ] as const) {
    it(`takes one ${title}`, async () => {
      const server = await startRedis({ settings })
      await using client = clientOf(server)
      await fillWithEverything(client)
      const dumped = await dump(at(server))
      const { outcome, compared } = await prove(dumped, at(server))
      assert.equal(outcome, 'equal')
      assert.equal(compared['keys'], Number(await client.dbsize()) + 2)
      assert.equal(dumped.fingerprint['counted'], !title.includes('PSYNC'))
      await server.stop()
    })
  }

  it('takes one over a Unix socket, and with a user who may nothing else', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await client.set('a', 'b')
    await client.call('ACL', 'SETUSER', 'replica', 'on', '>secret', '-@all', '+sync', '+psync', '+replconf')
    const { port: _, ...rest } = at(server)
    const source = { ...rest, host: server.socket, user: 'replica', password: { reveal: () => 'secret' } }
    const probe = await engine.probe(source, testHost())
    assert.match(probe.findings.map(({ message }) => message).join('\n'), /INFO/)
    const dumped = await dump(source)
    assert.equal(dumped.fingerprint['counted'], false)
    assert.equal((await prove(dumped, source)).outcome, 'equal')
    await server.stop()
  })

  it('keeps up with a server that would cut off whoever does not, however slow the destination is', async () => {
    const server = await startRedis({ settings: { 'repl-timeout': '2' } })
    await using client = clientOf(server)
    await random(server, 40)
    const dumped = await dump(at(server), testHost(), async () => {
      // As long as it takes such a server to lose patience.
      await delay(4000)
      assert.match(await client.info('replication'), /connected_slaves:0/)
    })
    assert.equal(dumped.fingerprint['counted'], true)
    await server.stop()
  })

  it('fails with STORAGE_FULL when there is no space for what waits', async function () {
    if (!canMount) this.skip()
    using disk = new SmallDisk('6m')
    const server = await startRedis()
    await random(server, 40)
    await using host = testHost({ within: disk.path })
    const failed = dump(at(server), host, () => delay(1500))
    assert.match(await rejected(failed, 'STORAGE_FULL'), /--temp-dir/)
    await server.stop()
  })

  it('fails with SOURCE_UNREACHABLE wherever the connection is cut', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    for (const bytes of [1, 30, 150, 4000, 70_000, 400_000, 1_200_000]) {
      await using proxy = await startTcpProxy({ host: server.host, port: server.port })
      const cut = proxy.cutAfter(bytes)
      await rejected(dump({ ...at(server), port: proxy.port }), 'SOURCE_UNREACHABLE')
      await cut
    }
    await server.stop()
  })

  it('fails with SOURCE_UNREACHABLE when the server freezes, after its own time and not never', async () => {
    const server = await startRedis()
    await random(server, 20)
    await using proxy = await startTcpProxy({ host: server.host, port: server.port })
    const source = { ...at(server, 'all', { 'idle-timeout': 1 }), port: proxy.port }
    const frozen = dump(source, testHost(), async () => proxy.freeze())
    assert.match(await rejected(frozen, 'SOURCE_UNREACHABLE'), /said nothing for 1 s/)
    process.kill(server.pid, 'SIGSTOP')
    await rejected(dump(at(server, 'all', { 'idle-timeout': 1 })), 'SOURCE_UNREACHABLE')
    process.kill(server.pid, 'SIGCONT')
    await server.stop()
  })

  it('fails when the server dies', async () => {
    const server = await startRedis()
    await random(server, 20)
    await rejected(
      dump(at(server), testHost(), () => server.crash()),
      'SOURCE_UNREACHABLE',
    )
    await server.stop()
  })

  it('finds a bit that changed on the way', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    for (const place of [5000, 300_000, 900_000]) {
      await using flipping = await startFlippingProxy(server, place)
      await rejected(dump({ ...at(server), port: flipping.port }), 'DUMP_INCOMPLETE')
    }
    await server.stop()
  })

  it('fails when the server sends other keys than it has counted', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    for (let key = 0; key < 5; key++) await client.set(`key ${key}`, key)
    await using honest = await startChangingProxy(server, (said) => said)
    assert.equal((await dump({ ...at(server), port: honest.port })).fingerprint['counted'], true)
    for (const [counted, claimed] of [
      ['keys=5', 'keys=6'],
      ['expires=0', 'expires=1'],
    ] as const) {
      await using lying = await startChangingProxy(server, (said) => said.replace(counted, claimed))
      assert.match(
        await rejected(dump({ ...at(server), port: lying.port }), 'DUMP_INCOMPLETE'),
        /counted \d keys in database 0 .* and sent 5/,
      )
    }
    await server.stop()
  })

  it('dumps one logical database and nothing of others', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    const dumped = await dump(at(server, '5'))
    assert.ok(dumped.bytes[0]!.includes('in five'))
    assert.ok(!dumped.bytes[0]!.includes('hyperloglog'))
    const { outcome, compared } = await prove(dumped, at(server, '5'))
    assert.deepEqual([outcome, compared['keys'], compared['libraries']], ['equal', 2, undefined])
    await server.stop()
  })

  it('refuses a value of a module by name', async () => {
    const server = await startRedis()
    const { stored, bytes } = await dump(at(server))
    const file = bytes[0]!
    // In front of the end: a string under the name "m", turned into a value of the module "ReJSON-RL".
    const id = Buffer.from('8145e24f0e4a1ad803', 'hex')
    const forged = Buffer.concat([file.subarray(0, -9), Buffer.from([254, 0, 7, 1, 109]), id, Buffer.alloc(20)])
    const first = stored[0]!
    const refused = engine.check([held('main', first.format, forged)], testHost())
    assert.match(await rejected(refused, 'PROOF_FAILED'), /module type "[\w-]{9}"/)
    await server.stop()
  })
})

/** Passes everything on, but what the server says, as bytes of one character each, is changed to something as long. */
async function startChangingProxy(
  server: TestRedis,
  change: (said: string) => string,
): Promise<AsyncDisposable & { port: number }> {
  return await startProxy(server, () => (chunk) => Buffer.from(change(chunk.toString('latin1')), 'latin1'))
}

/** Passes everything on, but one bit of what the server sends over a connection is the other one. */
async function startFlippingProxy(server: TestRedis, place: number): Promise<AsyncDisposable & { port: number }> {
  return await startProxy(server, () => {
    let passed = 0
    return (chunk) => {
      if (place >= passed && place < passed + chunk.length)
        chunk.writeUInt8(chunk.readUInt8(place - passed) ^ 4, place - passed)
      passed += chunk.length
      return chunk
    }
  })
}

/** @param changerFor makes, for each connection, what becomes of the chunks that the server sends */
async function startProxy(
  server: TestRedis,
  changerFor: () => (chunk: Buffer) => Buffer,
): Promise<AsyncDisposable & { port: number }> {
  const listener = createServer((socket) => {
    const changed = changerFor()
    const upstream = connect(server.port, server.host)
    socket.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => socket.write(changed(chunk)))
    upstream.on('close', () => socket.destroy())
    for (const one of [socket, upstream]) one.on('error', () => upstream.destroy())
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void listener.close(),
  }
}
