import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { OpenedObject } from '../../../src/contract/transfer.ts'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'
import { download } from '../../../src/host/transfer/download.ts'
import { testHost, type TestHost } from '../../../src/testing/index.ts'
import { rejectsWith } from '../../../src/testing/engine-exam.ts'
import { bodyOf, patterned } from '../../../src/testing/storage-case.ts'
import { passing } from './place.ts'

const BYTES = patterned(300_000)
const what = 'place://container/key'

describe('a download', () => {
  let host: TestHost
  let opened: number[]
  beforeEach(() => {
    host = testHost()
    opened = []
  })
  afterEach(() => host[Symbol.asyncDispose]())

  /** Opens the bytes; `spoil` may give another stream in place of theirs. */
  const opener =
    (spoil: (rest: Buffer, time: number) => Readable | undefined = () => undefined, end = BYTES.length) =>
    async (at: number): Promise<OpenedObject> => {
      opened.push(at)
      const rest = BYTES.subarray(at, end)
      return { body: spoil(rest, opened.length) ?? bodyOf(rest), bytes: rest.length }
    }

  const cutAfter = (rest: Buffer, bytes: number, error?: Error): Readable => {
    async function* some(): AsyncGenerator<Uint8Array> {
      if (bytes > 0) yield rest.subarray(0, bytes)
      if (error) throw error
    }
    return Readable.from(some(), { objectMode: false })
  }

  it('gives the bytes from its start on', async () => {
    const got = await buffer(await host.download({ what, start: 1_000, open: opener() }))
    assert.ok(got.equals(BYTES.subarray(1_000)))
    assert.deepEqual(opened, [1_000])
  })

  it('goes on from the next byte when the stream breaks', async () => {
    const open = opener((rest, time) => (time < 4 ? cutAfter(rest, 70_000, new Error('reset')) : undefined))
    const reading = buffer(await host.download({ what, open }))
    await assert.doesNotReject(reading)
    assert.ok((await reading).equals(BYTES))
    assert.deepEqual(opened, [0, 70_000, 140_000, 210_000])
    assert.equal(host.events.filter(({ kind }) => kind === 'retry').length, 3)
  })

  it('goes on when the stream breaks before anybody reads it', async () => {
    const dead = new PassThrough()
    const stream = await host.download({ what, open: opener((_, time) => (time === 1 ? dead : undefined)) })
    dead.destroy(new Error('reset'))
    await new Promise((resolve) => dead.once('close', resolve))
    assert.ok((await buffer(stream)).equals(BYTES))
    assert.deepEqual(opened, [0, 0])
  })

  it('takes an early end for a break', async () => {
    const open = opener((rest, time) => (time === 1 ? cutAfter(rest, 70_000) : undefined))
    assert.ok((await buffer(await host.download({ what, open }))).equals(BYTES))
    assert.deepEqual(opened, [0, 70_000])
  })

  it('never ends short: it fails when attempts bring no byte', async () => {
    const open = opener((rest, time) => (time === 1 ? cutAfter(rest, 70_000) : cutAfter(rest, 0)))
    await rejectsWith(buffer(await host.download({ what, open })), 'STORAGE_UNREACHABLE')
    assert.deepEqual(opened, [0, 70_000, 70_000])
  })

  it('refuses more bytes than were promised', async () => {
    const open = async (): Promise<OpenedObject> => ({ body: bodyOf(BYTES), bytes: BYTES.length - 1 })
    await rejectsWith(buffer(await host.download({ what, open })), 'STORAGE_FAILED')
  })

  it('refuses an object whose size has changed when it is opened again', async () => {
    const open = async (): Promise<OpenedObject> => ({ body: cutAfter(BYTES, 100), bytes: 1_000 })
    await rejectsWith(buffer(await host.download({ what, open })), 'STORAGE_FAILED')
  })

  it('throws what opening throws, before the first byte and after it', async () => {
    const gone = new DbvaultError('OBJECT_NOT_FOUND', 'gone')
    await rejectsWith(host.download({ what, open: () => Promise.reject(gone) }), 'OBJECT_NOT_FOUND')
    const open = opener((rest, time) => {
      if (time > 1) throw gone
      return cutAfter(rest, 1_000)
    })
    await rejectsWith(buffer(await host.download({ what, open })), 'OBJECT_NOT_FOUND')
  })

  it('opens again what could not be opened for a passing reason', async () => {
    const open = opener((_rest, time) => {
      if (time < 3) throw passing()
      return undefined
    })
    assert.ok((await buffer(await host.download({ what, open }))).equals(BYTES))
  })

  it('takes a server that falls silent for one that broke', async () => {
    const silent = new PassThrough()
    silent.write(BYTES.subarray(0, 5_000))
    const { signal, retry, report } = host
    const limits = { attempts: 3, minWaitMs: 1, maxWaitMs: 1 }
    const open = opener((_rest, time) => (time === 1 ? silent : undefined))
    const stream = await download({ what, open }, { signal, retry, report, limits, silenceMs: 20 })
    assert.ok((await buffer(stream)).equals(BYTES))
    assert.deepEqual(opened, [0, 5_000])
    assert.ok(silent.destroyed)
  })

  for (const [range, bytes, start, end] of [
    ['bytes 0-99/300', 100, 100, 200],
    ['bytes 100-198/300', 99, 100, 200],
    ['bytes 100-199/300', 99, 100, 200],
    ['bytes 100-199/300', 100, 100, undefined],
    ['bytes 100-250/300', 151, 100, 200],
    ['nonsense', 100, 100, 200],
    [null, 300, 100, 200],
    [null, 300, 0, 200],
  ] as const) {
    it(`takes no ${bytes} bytes said to be ${range} for those from ${start} to ${end ?? 'the end'}`, async () => {
      const body = new PassThrough()
      const asked = { what, start, ...(end !== undefined && { end }) }
      const error = await rejectsWith(
        host.download({ ...asked, open: async () => ({ body, bytes, range }) }),
        'STORAGE_FAILED',
      )
      assert.match(error.message, /with the bytes that were asked for/)
      assert.ok(body.destroyed)
    })
  }

  for (const [range, bytes, start, end] of [
    ['bytes 100-199/300', 100, 100, 200],
    ['bytes 100-299/300', 200, 100, 400],
    ['bytes 100-299/300', 200, 100, undefined],
    ['bytes 100-199/*', 100, 100, 200],
    [null, 300, 0, undefined],
    [null, 300, 0, 400],
    [undefined, 7, 100, 200],
  ] as const) {
    it(`takes ${bytes} bytes said to be ${range} for those from ${start} to ${end ?? 'the end'}`, async () => {
      const open = async (): Promise<OpenedObject> => ({
        body: bodyOf(BYTES.subarray(0, bytes)),
        bytes,
        ...(range !== undefined && { range }),
      })
      const stream = await host.download({ what, start, ...(end !== undefined && { end }), open })
      assert.equal((await buffer(stream)).length, bytes)
    })
  }

  it('closes the connection when it is abandoned, before the first byte, amid, and while it waits', async () => {
    for (const amount of [0, 5_000]) {
      const body = new PassThrough()
      body.write(BYTES.subarray(0, amount))
      const stream = await host.download({ what, open: async () => ({ body, bytes: 10_000 }) })
      if (amount > 0) await once(stream, 'readable')
      stream.destroy()
      await once(stream, 'close')
      assert.ok(body.destroyed)
    }
    const body = new PassThrough()
    const waiting = await host.download({ what, open: async () => ({ body, bytes: 10_000 }) })
    waiting.read()
    waiting.destroy()
    await once(waiting, 'close')
    assert.ok(body.destroyed)
  })

  it('closes what was opened when the abort comes with the answer', async () => {
    const body = new PassThrough()
    const closed = once(body, 'close')
    const open = async (): Promise<OpenedObject> => {
      host.abort()
      return { body, bytes: 1 }
    }
    await rejectsWith(host.download({ what, open }), 'INTERRUPTED')
    await closed
  })

  it('ends with the reason of an abort, though nobody reads', async () => {
    const body = new PassThrough()
    const stream = await host.download({ what, open: async () => ({ body, bytes: 10_000 }) })
    const failed = once(stream, 'error')
    host.abort()
    const [error] = await failed
    assert.equal((error as DbvaultError).code, 'INTERRUPTED')
    assert.ok(body.destroyed)
  })
})
