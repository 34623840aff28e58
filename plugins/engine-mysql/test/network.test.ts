import assert from 'node:assert/strict'
import mysql from 'mysql2/promise'
import { before, describe, it } from 'mocha'
import { testHost } from 'dbvault/testing'
import { startTcpProxy, type TcpProxy } from '../../../test/support/tcp-proxy.ts'
import engine from '../src/index.ts'
import { dumped, proved, rejected, serverOf, stored, warningsOf, type Held } from './support/exam.ts'
import { startGate } from './support/gate.ts'
import { at, madeDatabase } from './support/harness.ts'

/** More than all buffers on the way hold. */
const LARGE = `CREATE TABLE large (id int PRIMARY KEY, body text); INSERT INTO large SELECT seq, REPEAT('x', 1000) FROM seq_1_to_30000;`

describe('the MySQL engine on a network that fails', function () {
  this.timeout(120_000)
  const server = serverOf('MariaDB')
  let database = ''
  let held: Held

  before(async () => {
    database = await madeDatabase(server(), LARGE)
    held = await dumped(at(server(), database))
  })

  const through = (port: number, flags: object = {}) => {
    const source = at(server(), database)
    return { ...source, port, flags: { ...source.flags, ...flags } }
  }

  /** Begins a dump, and calls `fault` when its first bytes are here. */
  async function dumpWith(proxy: TcpProxy, fault: () => void, flags = {}): Promise<Error & { retryable?: boolean }> {
    await using host = testHost()
    await using dump = engine.dump({ source: through(proxy.port, flags), fingerprint: true }, host)
    const fingerprint = dump.fingerprint().catch(() => {})
    try {
      for await (const { bytes } of dump.members) {
        for await (const _ of bytes) fault()
      }
    } catch (error) {
      await fingerprint
      return error as Error
    }
    assert.fail('the dump ended well')
  }

  /** Begins a proof on the source, and calls `fault` when half of the dump was read. */
  async function proofWith(proxy: TcpProxy, fault: () => void, flags = {}): Promise<string> {
    const source = through(proxy.port, flags)
    const [main] = stored(held.members)
    const half = {
      ...(main as NonNullable<typeof main>),
      async open() {
        const stream = await (main as NonNullable<typeof main>).open()
        const { Readable } = await import('node:stream')
        const bytes = Buffer.concat((await stream.toArray()) as Buffer[])
        return Readable.from(
          (function* () {
            for (let from = 0; from < bytes.length; from += 100_000) {
              if (from > bytes.length / 2) fault()
              yield bytes.subarray(from, from + 100_000)
            }
          })(),
        )
      },
    }
    await using host = testHost()
    const scratch = { mode: 'source', source, flags: source.flags } as const
    const said = await rejected(
      engine.prove({ stored: [half], expected: held.fingerprint, scratch }, host),
      'PROOF_UNFINISHED',
    )
    return said + warningsOf(host).join()
  }

  it('ends a dump with an error that may be retried when the connection is cut in its middle', async () => {
    await using proxy = await startTcpProxy({ port: server().port, host: '127.0.0.1' })
    const error = await dumpWith(proxy, () => proxy.cut())
    assert.ok(['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes((error as { code?: string }).code ?? ''), error.stack)
    assert.equal(error.retryable, true, error.stack)
  })

  it('ends a dump when the server has been silent for too long, without a word from the network', async () => {
    await using proxy = await startTcpProxy({ port: server().port, host: '127.0.0.1' })
    const error = await dumpWith(proxy, () => proxy.freeze(), { 'answer-timeout': 1 })
    assert.match(error.message, /has not answered for 1 s/)
    assert.deepEqual([(error as { code?: string }).code, error.retryable], ['SOURCE_UNREACHABLE', true])
  })

  it('calls a proof unfinished when the connection to its scratch is cut or frozen, and removes it later', async () => {
    for (const fault of ['cut', 'freeze'] as const) {
      await using proxy = await startTcpProxy({ port: server().port, host: '127.0.0.1' })
      const said = await proofWith(proxy, () => proxy[fault](), { 'answer-timeout': 1 })
      assert.match(said, /could not be dropped; the next run that uses this server removes it/)
      if (fault === 'freeze') assert.match(said, /has not answered for 1 s/)
      await proxy[Symbol.asyncDispose]()
      while (
        (await server().sql(`SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'vault'`)) !== '0\n'
      );
      const proof = await proved(held.members, at(server(), database), held.fingerprint)
      assert.equal(proof.outcome, 'equal')
      assert.equal(await server().sql("SHOW DATABASES LIKE 'dbvault%'"), '')
    }
  })

  it('lets writers go on within seconds when it vanishes while it holds the lock', async () => {
    await using gate = await startGate(server().port, (sql) => sql.startsWith('FLUSH TABLES'), 'freeze')
    const waiting = dumped(through(gate.port, { 'answer-timeout': 5 }))
    waiting.catch(() => {})
    await gate.shut
    const began = performance.now()
    await server().sql('UPDATE large SET body = body WHERE id = 1', database)
    assert.ok(performance.now() - began < 10_000)
    await rejected(waiting, 'SOURCE_UNREACHABLE')
  })

  describe('and where others hold locks', () => {
    async function other(sql: string): Promise<mysql.Connection> {
      const connection = await mysql.createConnection({ socketPath: server().socket, user: 'root', database })
      await connection.query(sql)
      return connection
    }

    it('does without the lock when a statement runs for longer than writers may wait', async () => {
      const connection = await other('SET @x = 1')
      const long = connection.query('UPDATE large SET body = body WHERE id = 1 AND SLEEP(4) = 0')
      let worst = 0
      let writing = true
      const writer = (async () => {
        const own = await other('SET @x = 1')
        while (writing) {
          const began = performance.now()
          await own.query('UPDATE large SET body = body WHERE id = 2')
          worst = Math.max(worst, performance.now() - began)
        }
        await own.end()
      })()
      try {
        const taken = await dumped(at(server(), database))
        assert.equal((await proved(taken.members, at(server(), database), taken.fingerprint)).outcome, 'equal')
      } finally {
        writing = false
        await Promise.all([writer, long])
        await connection.end()
      }
      assert.ok(worst < 3_000, `a writer waited ${worst} ms`)
    })

    it('gives up on a table that is locked for longer than the time-out, with and without a fingerprint', async () => {
      const connection = await other('LOCK TABLES large WRITE')
      try {
        const source = through(server().port, { 'lock-timeout': 1 })
        await assert.rejects(dumped(source), { code: 'DUMP_FAILED', retryable: true })
        await using host = testHost()
        await using dump = engine.dump({ source, fingerprint: false }, host)
        const reading = (async () => {
          for await (const { bytes } of dump.members) for await (const _ of bytes);
        })()
        await assert.rejects(reading, { code: 'DUMP_FAILED', retryable: true, message: /locked by another session/ })
      } finally {
        await connection.end()
      }
    })
  })
})
