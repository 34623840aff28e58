import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { DownloadOnce } from '../../src/operations/download-once.ts'
import { testHost } from '../../src/testing/index.ts'
import { canMount, SmallDisk } from '../support/small-disk.ts'

const CONTENT = randomBytes(3_000_000)

function source(content = CONTENT, failAt = Infinity): { opened: number; open: () => Promise<Readable> } {
  const counted = {
    opened: 0,
    open: async () => {
      counted.opened += 1
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < content.length; at += 65_536) {
          if (at >= failAt && counted.opened === 1) throw new Error('the line was cut')
          yield content.subarray(at, at + 65_536)
        }
      }
      return Readable.from(chunks(), { objectMode: false })
    },
  }
  return counted
}

describe('what is downloaded once', () => {
  it('is read again from a file that has no name, and gone when it is disposed', async () => {
    await using host = testHost()
    const far = source()
    await using once = new DownloadOnce({ name: 'a', bytes: CONTENT.length, open: far.open }, host)
    for (let reading = 0; reading < 3; reading++) assert.ok((await buffer(await once.open())).equals(CONTENT))
    assert.equal(far.opened, 1)
    assert.deepEqual(await readdir(host.tempRoot), [])
    const [first, second] = await Promise.all([once.open(), once.open()])
    assert.ok((await buffer(first)).equals(await buffer(second)))
  })

  it('is downloaded anew when the first reading was left early or failed', async () => {
    await using host = testHost()
    for (const failAt of [Infinity, 1_000_000]) {
      const far = source(CONTENT, failAt)
      await using once = new DownloadOnce({ name: 'a', open: far.open }, host)
      if (failAt < Infinity) await assert.rejects(buffer(await once.open()), /the line was cut/)
      else for await (const _ of await once.open()) break
      assert.ok((await buffer(await once.open())).equals(CONTENT))
      assert.ok((await buffer(await once.open())).equals(CONTENT))
      assert.equal(far.opened, 2)
    }
    assert.deepEqual(await readdir(host.tempRoot), [])
  })

  it('is downloaded each time, and says why, where it is known to have no room', async () => {
    await using host = testHost()
    const far = source()
    await using once = new DownloadOnce({ name: 'a', bytes: 1e18, open: far.open }, host)
    for (let reading = 0; reading < 2; reading++) assert.ok((await buffer(await once.open())).equals(CONTENT))
    assert.equal(far.opened, 2)
    const [warning, ...more] = host.events.filter(({ kind }) => kind === 'warning')
    assert.match(JSON.stringify(warning), /a is downloaded more than once.*only .* are free there.*--temp-dir/)
    assert.deepEqual(more, [])
  })

  it('survives that the room runs out while it is read', async function () {
    if (!canMount) this.skip()
    using disk = new SmallDisk('2m')
    await using host = testHost({ within: disk.path })
    const far = source()
    await using once = new DownloadOnce({ name: 'a', open: far.open }, host)
    for (let reading = 0; reading < 2; reading++) assert.ok((await buffer(await once.open())).equals(CONTENT))
    assert.equal(far.opened, 2)
    assert.match(JSON.stringify(host.events), /no space is left there/)
  })
})
