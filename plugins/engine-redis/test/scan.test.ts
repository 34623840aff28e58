import assert from 'node:assert/strict'
import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { startRedis } from '../../../test/servers/redis.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { clientOf } from './support/client.ts'
import { contentOf } from './support/content.ts'
import { fillWithEverything } from './support/everything.ts'
import { dump, prove, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

const NO_REPLICATION = ['on', '>secret', '~*', '+@all', '-psync', '-sync']

describe('a server that forbids replication', () => {
  needs('redis', 'linux')

  it('is refused with the way out, by probe and by dump', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await client.call('ACL', 'SETUSER', 'limited', ...NO_REPLICATION)
    const source = { ...at(server), user: 'limited', password: { reveal: () => 'secret' } }
    for (const attempt of [() => engine.probe(source, testHost()), () => dump(source)]) {
      assert.match(await rejected(attempt(), 'SOURCE_DENIED'), /--redis-method scan/)
    }
    await server.stop()
  })

  it('gives key by key a file that any server loads, proven and restored like every other', async () => {
    const server = await startRedis()
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await fillWithEverything(client)
    await client.call('ACL', 'SETUSER', 'limited', ...NO_REPLICATION)
    const source = { ...at(server, 'all', { method: 'scan' }), user: 'limited', password: { reveal: () => 'secret' } }
    const probe = await engine.probe(source, testHost())
    assert.equal(probe.consistency, 'none')
    assert.match(probe.findings.map(({ message }) => message).join('\n'), /not one point in time/)
    const dumped = await dump(source)
    assert.deepEqual(await prove(dumped, source), await prove(await dump(at(server)), at(server)))
    const report = await engine.restore(
      { stored: dumped.stored, target: { ...at(target), replace: false }, expected: dumped.fingerprint },
      testHost(),
    )
    assert.equal(report.outcome, 'equal')
    assert.equal(await contentOf(other), await contentOf(client))
    await server.stop()
    await target.stop()
  })

  it('has each key once, also while its tables grow and keys come and go', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    const fill = async (from: number, to: number): Promise<void> => {
      const batch = client.pipeline()
      for (let key = from; key < to; key++) batch.set(`key ${key}`, key)
      await batch.exec()
    }
    await fill(0, 6000)
    const source = at(server, 'all', { method: 'scan' })
    const dumped = await dump(source, testHost(), async () => {
      await fill(6000, 20_000)
      const batch = client.pipeline()
      for (let key = 9000; key < 20_000; key++) batch.unlink(`key ${key}`)
      await batch.exec()
    })
    const { outcome, compared } = await prove(dumped, source)
    assert.equal(outcome, 'equal')
    assert.ok((compared['keys'] ?? 0) >= 6000, JSON.stringify(compared))
    await server.stop()
  })
})
