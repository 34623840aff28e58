import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { rejectsWith, testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { startRedis } from '../../../test/servers/redis.ts'
import { startGate } from '../../../test/support/gate.ts'
import { sever } from '../../../test/support/sever.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import type { Server } from '../src/server/server.ts'
import { Session } from '../src/server/session.ts'
import { MARKER } from '../src/target/mark.ts'
import { putInPlace } from '../src/target/put-in-place.ts'
import { Staging } from '../src/target/staging.ts'
import { clientOf } from './support/client.ts'
import { contentOf } from './support/content.ts'
import { dump, rejected, type Dumped } from './support/exam.ts'
import { at } from './support/harness.ts'

type Target = ReturnType<typeof at>

const restore = ({ stored, fingerprint }: Dumped, target: Target, replace = false) =>
  engine.restore({ stored, target: { ...target, replace }, expected: fingerprint }, testHost())

const libraryOf = (name: string): string =>
  `#!lua name=${name}\nredis.register_function('${name}', function() return 1 end)`

const withFunction = async (client: ReturnType<typeof clientOf>, key: string): Promise<void> => {
  await client.set(key, '1')
  await client.call('FUNCTION', 'LOAD', libraryOf(key))
}

/** A library that is not accepted. */
const BAD = Buffer.from("#!lua name=bad\nerror('not here')")

const serverAt = (port: number, password: string): Server => ({
  address: { host: '127.0.0.1', port },
  password: { reveal: () => password },
  idleMs: 10_000,
})

/** A way to a server on which one request is held back, while its sender sees the connection break. */
async function startLateWay(port: number, holds: (request: Buffer) => boolean) {
  const held = Promise.withResolvers<{ readonly upstream: Socket; readonly request: Buffer }>()
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}))
    upstream.on('data', (chunk) => client.write(chunk))
    client.on('data', (request) => {
      if (!holds(request)) return void upstream.write(request)
      held.resolve({ upstream, request })
      sever(client)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    /** Sends it now. @returns all that the server answers, when it has ended the connection */
    async arrive(): Promise<string> {
      const { upstream, request } = await held.promise
      upstream.end(request)
      return await text(upstream)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

describe('the last step of a restore into Redis', () => {
  needs('redis', 'linux')

  for (const replace of [true, false]) {
    it(`knows that it is done when the answer to its last step is lost, ${replace ? 'and something was replaced' : 'and nothing was there'}`, async () => {
      const server = await startRedis()
      const target = await startRedis()
      await using client = clientOf(server)
      await using other = clientOf(target)
      await withFunction(client, 'new')
      if (replace) {
        await withFunction(other, 'old')
        await other.select(3)
        await other.set('also', 'old')
      }
      const dumped = await dump(at(server))
      await using gate = await startGate(target.port, (request) => request.includes('SWAPDB'), true)
      const { outcome } = await restore(dumped, { ...at(target), port: gate.port }, replace)
      await gate.broken
      assert.equal(outcome, 'equal')
      assert.equal(await contentOf(other), await contentOf(client))
      await server.stop()
      await target.stop()
    })
  }

  for (const replace of [true, false]) {
    it(`takes back what it put in its place when the answer is lost and a function was not accepted${replace ? ', the old functions included' : ''}`, async () => {
      const target = await startRedis()
      await using other = clientOf(target)
      await other.set('stays', '1')
      await withFunction(other, 'old')
      await other.select(2)
      await other.mset('new', '1', MARKER, '1000')
      const before = await contentOf(other)
      let swaps = 0
      await using gate = await startGate(target.port, (request) => request.includes('SWAPDB') && ++swaps === 1, true)
      await using host = testHost()
      await using session = await Session.open(serverAt(gate.port, target.password), host)
      const staged = [{ from: 0, to: 1, in: 2 }]
      const swap = { session, staged, others: [], replace, libraries: [Buffer.from(libraryOf('good')), BAD] }
      await rejectsWith(putInPlace(swap, host), 'SOURCE_UNREACHABLE')
      await gate.broken
      await other.select(2)
      assert.match(String(await other.getset(MARKER, '1000')), /000$/)
      assert.equal(await contentOf(other), before)
      await target.stop()
    })
  }

  it('replaces what a server holds that knows no functions', async () => {
    const server = await startRedis()
    const target = await startRedis({ settings: { 'rename-command': 'FUNCTION ""' } })
    await using client = clientOf(server)
    await using other = clientOf(target)
    await client.set('new', '1')
    await other.set('old', '1')
    await restore(await dump(at(server)), at(target), true)
    assert.equal(await contentOf(other), await contentOf(client))
    await server.stop()
    await target.stop()
  })

  it('is not carried out any more once it was given up, though its last step comes late', async () => {
    const server = await startRedis()
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await withFunction(client, 'new')
    await withFunction(other, 'old')
    const before = await contentOf(other)
    const dumped = await dump(at(server))
    await using late = await startLateWay(target.port, (request) => request.includes('SWAPDB'))
    await rejected(restore(dumped, { ...at(target), port: late.port }, true), 'SOURCE_UNREACHABLE')
    assert.equal(await contentOf(other), before)
    assert.match(await late.arrive(), /(\*-1|_)\r\n$/)
    assert.equal(await contentOf(other), before)
    await server.stop()
    await target.stop()
  })

  it('says that nobody knows how it ended when the server cannot be asked any more', async () => {
    const server = await startRedis()
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await withFunction(client, 'new')
    const dumped = await dump(at(server))
    await using gate = await startGate(target.port, (request) => request.includes('SWAPDB'), false)
    const said = await rejected(restore(dumped, { ...at(target), port: gate.port }, true), 'RESTORE_FAILED')
    assert.match(said, /Whether what was restored was put in its place is not known/)
    assert.equal(await contentOf(other, 0), await contentOf(client, 0))
    await server.stop()
    await target.stop()
  })

  it('keeps what was there before when that cannot be put back', async () => {
    const target = await startRedis()
    await using other = clientOf(target)
    await other.set('old', '1')
    let swaps = 0
    await using way = await startLateWay(target.port, (request) => request.includes('SWAPDB') && ++swaps === 2)
    await using host = testHost()
    await using session = await Session.open(serverAt(way.port, target.password), host)
    const staging = await Staging.open(session, [{ from: 0, to: 0 }], host)
    assert.ok(staging)
    const [{ in: prepared } = { in: 0 }] = staging.staged
    await other.select(prepared)
    await other.set('new', '1')
    await rejectsWith(staging.swap(true, [BAD], []), 'SOURCE_UNREACHABLE')
    await staging[Symbol.asyncDispose]()
    const warnings = host.events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
    assert.deepEqual(warnings, [
      `What the target held before is now in its databases ${prepared}; the next restore removes it`,
    ])
    await other.select(prepared)
    assert.equal(await other.get('old'), '1')
    await target.stop()
  })
})
