import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { startRedis } from '../../../test/servers/redis.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { MARKER } from '../src/target/mark.ts'
import { clientOf } from './support/client.ts'
import { contentOf } from './support/content.ts'
import { fillWithEverything } from './support/everything.ts'
import { dump, rejected, type Dumped } from './support/exam.ts'
import { at } from './support/harness.ts'

type Target = ReturnType<typeof at>

const restore = ({ stored, fingerprint }: Dumped, target: Target, replace = false) =>
  engine.restore({ stored, target: { ...target, replace }, expected: fingerprint }, testHost())

describe('how a backup of Redis is restored', () => {
  needs('redis', 'linux')

  it('brings back values that are too large to be looked at as a whole', async () => {
    const server = await startRedis({ settings: { 'client-query-buffer-limit': '1gb' } })
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await client.set('compressible', 'abcdefgh'.repeat(500_000))
    await client.set('random', randomBytes(3_000_000))
    await client.rpush('list', 'small', 'x'.repeat(2_500_000), randomBytes(1_500_000), 'last')
    await client.xadd('stream', '*', 'large', randomBytes(1_300_000), 'more', 'y'.repeat(1_500_000))
    await client.xadd('stream', '*', 'small', '1')
    await client.eval(`for i = 1, 6000 do redis.call('HSET', 'hash', 'field ' .. i, string.rep(i * 7, 20)) end`, 0)
    await client.eval(
      `for i = 1, 6000 do redis.call('ZADD', 'zset', i / 7, i .. string.rep('m', 15) .. i * 7 .. string.rep(i, 15)) end`,
      0,
    )
    await client.set('marker at the end', 'z')
    const dumped = await dump(at(server))
    assert.equal((await restore(dumped, at(target))).outcome, 'equal')
    assert.equal(await contentOf(other), await contentOf(client))
    await server.stop()
    await target.stop()
  })

  it('restores one logical database into another, and says which it has when that is not clear', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    const all = await dump(at(server))
    const five = await dump(at(server, '5'))
    const before = await contentOf(client, 5)
    assert.match(await rejected(restore(all, at(server, '7')), 'USAGE'), /\(0, 5\)[^]*--redis-from-database/)
    await restore(five, at(server, '7'))
    await restore(all, at(server, '9', { 'from-database': 5 }))
    for (const database of [5, 7, 9]) assert.equal(await contentOf(client, database), before)
    await rejected(restore(five, at(server, '7')), 'TARGET_NOT_EMPTY')
    await client.select(7)
    await client.set('other', '1')
    await restore(five, at(server, '7'), true)
    assert.equal(await contentOf(client, 7), before)
    await server.stop()
  })

  it('writes a file that a stopped server starts with, and never replaces one', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    const dumped = await dump(at(server))
    const folder = mkdtempSync(join(tmpdir(), 'dbvault-rdb-'))
    const path = join(folder, 'dump.rdb')
    assert.equal(
      (await engine.inspect({ ...at(server, 'all', { 'to-file': path }), replace: false }, testHost())).state,
      'absent',
    )
    await restore(dumped, at(server, 'all', { 'to-file': path }))
    const started = await startRedis({ settings: { dir: folder, dbfilename: 'dump.rdb' } })
    await using other = clientOf(started)
    assert.equal(await contentOf(other), await contentOf(client))
    for (const replace of [false, true]) {
      await rejected(restore(dumped, at(server, 'all', { 'to-file': path }), replace), 'TARGET_NOT_EMPTY')
    }
    const broken = {
      ...dumped,
      stored: [{ ...dumped.stored[0]!, open: async () => Readable.from([Buffer.from('REDIS')]) }],
    }
    await rejected(restore(broken, at(server, 'all', { 'to-file': join(folder, 'new.rdb') })), 'RESTORE_FAILED')
    assert.deepEqual(readdirSync(folder), ['dump.rdb'])
    await rejected(restore(dumped, at(server, 'all', { 'to-file': join(folder, 'no/such/file') })), 'USAGE')
    await started.stop()
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  it('leaves the target as it was wherever the connection is cut', async () => {
    const server = await startRedis()
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await fillWithEverything(client)
    await other.set('old', '1')
    const before = await contentOf(other)
    const dumped = await dump(at(server))
    for (const bytes of [100, 5000, 9000, 60_000, 800_000]) {
      await using proxy = await startTcpProxy({ host: target.host, port: target.port })
      const cut = proxy.cutAfter(bytes, { accept: true })
      await rejected(restore(dumped, { ...at(target), port: proxy.port }, true), 'SOURCE_UNREACHABLE')
      await cut
      assert.equal(await contentOf(other), before)
    }
    await server.stop()
    await target.stop()
  })

  it('goes without empty databases into an empty server, and takes back what it restored when it fails', async () => {
    const server = await startRedis()
    const target = await startRedis({ settings: { databases: '1' } })
    await using client = clientOf(server)
    await using other = clientOf(target)
    await fillWithEverything(client)
    await client.select(5)
    await client.flushdb()
    await client.select(0)
    const dumped = await dump(at(server))
    await using proxy = await startTcpProxy({ host: target.host, port: target.port })
    void proxy.cutAfter(400_000, { accept: true })
    await rejected(restore(dumped, { ...at(target), port: proxy.port }), 'SOURCE_UNREACHABLE')
    assert.equal(await contentOf(other), '')
    await restore(dumped, at(target))
    assert.equal(await contentOf(other), await contentOf(client))
    const before = await contentOf(other)
    assert.match(await rejected(restore(dumped, at(target), true), 'RESTORE_FAILED'), /databases 32[^]*FLUSHALL/)
    assert.equal(await contentOf(other), before)
    await server.stop()
    await target.stop()
  })

  it('removes what a killed restore has left, and only that', async () => {
    const server = await startRedis()
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await client.set('a', 'b')
    const dumped = await dump(at(server))
    await other.select(15)
    await other.set(MARKER, Date.now() - 600_000)
    await other.set('half', 'restored')
    assert.equal((await engine.inspect({ ...at(target), replace: false }, testHost())).state, 'empty')
    await restore(dumped, at(target))
    assert.equal(await contentOf(other), await contentOf(client))
    await other.flushall()
    await other.select(15)
    await other.set(MARKER, Date.now())
    await other.set('half', 'restored')
    const before = await contentOf(other)
    assert.equal((await engine.inspect({ ...at(target), replace: false }, testHost())).state, 'occupied')
    await rejected(restore(dumped, at(target)), 'TARGET_NOT_EMPTY')
    assert.equal(await contentOf(other), before)
    await server.stop()
    await target.stop()
  })

  it('refuses what would not fit into the memory of the target, before anything is sent', async () => {
    const server = await startRedis()
    const target = await startRedis({ settings: { maxmemory: '3mb', 'maxmemory-policy': 'allkeys-lru' } })
    await using client = clientOf(server)
    await using other = clientOf(target)
    await fillWithEverything(client)
    await other.set('old', '1')
    const dumped = await dump(at(server))
    assert.match(await rejected(restore(dumped, at(target), true), 'RESTORE_FAILED'), /maxmemory/)
    assert.equal(await other.get('old'), '1')
    await server.stop()
    await target.stop()
  })

  for (const [what, denied] of [
    ['new ones are not accepted', '-function|load'],
    ['what was restored cannot be put in its place', '-swapdb'],
  ]) {
    it(`puts old functions back when ${what}`, async () => {
      const server = await startRedis()
      const target = await startRedis()
      await using client = clientOf(server)
      await using other = clientOf(target)
      await client.set('new', '1')
      await client.call('FUNCTION', 'LOAD', "#!lua name=mylib\nredis.register_function('f', function() return 1 end)")
      await other.set('old', '1')
      await other.call('FUNCTION', 'LOAD', "#!lua name=old\nredis.register_function('old', function() return 1 end)")
      const before = await contentOf(other)
      const dumped = await dump(at(server))
      // May do everything but that.
      await other.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '+@all', String(denied))
      const limited = { ...at(target), user: 'limited', password: { reveal: () => 'secret' } }
      await rejected(restore(dumped, limited, true), 'RESTORE_FAILED')
      assert.equal(await contentOf(other), before)
      await restore(dumped, at(target), true)
      assert.equal(await contentOf(other), await contentOf(client))
      await server.stop()
      await target.stop()
    })
  }
})
