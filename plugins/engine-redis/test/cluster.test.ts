import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { testHost } from 'dbvault/testing'
import { Redis } from 'ioredis'
import { describe, it } from 'mocha'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { startRedis, type TestRedis } from '../../../test/servers/redis.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { clientOf } from './support/client.ts'
import { contentOf } from './support/content.ts'
import { dump, prove, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

const SLOTS = 16_384

/** Masters that share the slots. */
async function startCluster(size: number): Promise<TestRedis[]> {
  const nodes: TestRedis[] = []
  for (let place = 0; place < size; place++) {
    nodes.push(await startRedis({ settings: { 'cluster-enabled': 'yes', 'cluster-require-full-coverage': 'no' } }))
  }
  for (const [place, node] of nodes.entries()) {
    await using client = clientOf(node)
    const first = Math.floor((SLOTS * place) / size)
    const last = Math.floor((SLOTS * (place + 1)) / size) - 1
    await client.call('CLUSTER', 'ADDSLOTSRANGE', first, last)
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', place + 1)
    if (place > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port)
  }
  for (const node of nodes) {
    await using client = clientOf(node)
    for (;;) {
      const info = String(await client.call('CLUSTER', 'INFO'))
      const slots = (await client.call('CLUSTER', 'SLOTS')) as unknown[]
      if (/cluster_state:ok/.test(info) && slots.length === size) break
      await delay(50)
    }
  }
  return nodes
}

async function contentsOf(nodes: readonly TestRedis[]): Promise<string> {
  const lines: string[] = []
  for (const node of nodes) {
    await using client = clientOf(node)
    lines.push(...(await contentOf(client)).split('\n'))
  }
  return [...new Set(lines)]
    .filter((line) => line !== '')
    .sort()
    .join('\n')
}

async function fill(nodes: readonly TestRedis[]): Promise<void> {
  const cluster = new Redis.Cluster([{ host: '127.0.0.1', port: nodes[0]!.port }], {
    redisOptions: { password: nodes[0]!.password, disableClientInfo: true },
  })
  for (let place = 0; place < 600; place++) await cluster.set(`key ${place}`, `value ${place}`)
  for (let place = 0; place < 50; place++) await cluster.hset(`{tag ${place}} hash`, 'a', place, 'b', 'x')
  cluster.disconnect()
  for (const node of nodes) {
    await using client = clientOf(node)
    await client.call('FUNCTION', 'LOAD', "#!lua name=mylib\nredis.register_function('f', function() return 1 end)")
  }
}

describe('a Redis cluster', () => {
  needs('redis', 'linux')

  it('is backed up with every master, proven as a whole, and restored into one of another size', async () => {
    const nodes = await startCluster(3)
    const others = await startCluster(2)
    await fill(nodes)
    const source = at(nodes[1]!)
    const probe = await engine.probe(source, testHost())
    assert.equal(probe.consistency, 'none')
    const dumped = await dump(source)
    assert.deepEqual(
      dumped.stored.map(({ name }) => name),
      ['main', 'node-2', 'node-3'],
    )
    const { outcome, compared } = await prove(dumped, source)
    assert.deepEqual([outcome, compared['keys'], compared['libraries']], ['equal', 650, 1])
    const missing = { ...dumped, stored: dumped.stored.slice(0, 2) }
    assert.equal((await prove(missing, source)).outcome, 'different')

    const target = { ...at(others[1]!), replace: false }
    assert.equal((await engine.inspect(target, testHost())).state, 'empty')
    const report = await engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
    assert.deepEqual([report.outcome, report.restored['keys']], ['equal', 650])
    assert.equal(await contentsOf(others), await contentsOf(nodes))
    for (const replace of [false, true]) {
      await rejected(
        engine.restore({ stored: dumped.stored, target: { ...target, replace } }, testHost()),
        'TARGET_NOT_EMPTY',
      )
    }

    const alone = await startRedis()
    await engine.restore(
      { stored: dumped.stored, target: { ...at(alone), replace: false }, expected: dumped.fingerprint },
      testHost(),
    )
    assert.equal(await contentsOf([alone]), await contentsOf(nodes))
    for (const node of [...nodes, ...others, alone]) await node.stop()
  })

  it('is left empty when a restore fails in the middle', async () => {
    const nodes = await startCluster(2)
    const server = await startRedis()
    await using client = clientOf(server)
    for (let place = 0; place < 3000; place++) await client.set(`key ${place}`, randomBytes(100))
    const dumped = await dump(at(server))
    const stopping = {
      ...dumped,
      stored: dumped.stored.map((member) => ({ ...member, open: failingSecondTime(member.open) })),
    }
    await rejected(
      engine.restore({ stored: stopping.stored, target: { ...at(nodes[0]!), replace: false } }, testHost()),
      'ARTIFACT_CORRUPT',
    )
    assert.equal(await contentsOf(nodes), '')
    for (const node of [...nodes, server]) await node.stop()
  })

  it('is not read while slots have no master', async () => {
    const nodes = await startCluster(2)
    await using client = clientOf(nodes[0]!)
    await client.call('CLUSTER', 'DELSLOTS', 7)
    assert.match(await rejected(dump(at(nodes[0]!)), 'SOURCE_UNREACHABLE'), /1 of 16384 slots have no master/)
    await rejected(dump(at(nodes[0]!, '3')), 'SOURCE_NOT_FOUND')
    for (const node of nodes) await node.stop()
  })
})

/** The first reading is whole, the second breaks off, every later one is whole again. */
function failingSecondTime(open: () => Promise<Readable>): typeof open {
  let times = 0
  return async () => {
    const stream = await open()
    if (++times !== 2) return stream
    return Readable.from(
      (async function* () {
        let left = 150_000
        for await (const chunk of stream) {
          left -= (chunk as Buffer).length
          if (left < 0) throw testHost().error('ARTIFACT_CORRUPT', 'planted')
          yield chunk
        }
      })(),
      { objectMode: false },
    )
  }
}

describe('a master that Sentinels watch', () => {
  needs('redis', 'linux')

  it('is found by its name, and named as unknown when they do not know it', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await client.set('a', 'b')
    const sentinel = await startRedis({
      password: '',
      arguments: ['--sentinel'],
      settings: {
        'sentinel monitor': `main 127.0.0.1 ${server.port} 1`,
        'sentinel auth-pass': `main ${JSON.stringify(server.password)}`,
      },
    })
    await using gone = await startTcpProxy({ host: server.host, port: server.port })
    gone.cut()
    const { port: _, ...rest } = at(server, 'all', { sentinel: 'main' })
    const source = { ...rest, host: `127.0.0.1:${gone.port}, 127.0.0.1:${sentinel.port}` }
    const dumped = await dump(source)
    assert.equal((await prove(dumped, source)).compared['keys'], 1)
    const unknown = { ...source, flags: { ...source.flags, sentinel: 'other' } }
    assert.match(await rejected(dump(unknown), 'SOURCE_NOT_FOUND'), /does not know it/)
    await sentinel.stop()
    await server.stop()
  })
})
