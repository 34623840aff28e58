import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import type { Part } from '../../../src/contract/transfer.ts'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'
import { testHost, type TestHost } from '../../../src/testing/index.ts'
import { rejectsWith } from '../../../src/testing/engine-exam.ts'
import { bodyOf, failingBody, patterned, silentBody } from '../../../src/testing/storage-case.ts'
import { failing, passing, Place } from './place.ts'

const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)]
    } catch {
      return []
    }
  })

describe('an upload', () => {
  let host: TestHost
  let place: Place
  beforeEach(() => {
    host = testHost()
    place = new Place()
  })
  afterEach(async () => {
    assert.deepEqual(readdirSync(host.tempRoot), [], 'nothing is left in the temp folder')
    assert.equal(place.parts.size, 0, 'no parts are left')
    await host[Symbol.asyncDispose]()
  })

  for (const size of [0, 1, 999, 1000]) {
    it(`of ${size} bytes, which fit in one part, is one request`, async () => {
      const bytes = patterned(size)
      const stat = await host.upload(bodyOf(bytes), place.upload())
      assert.deepEqual(place.calls, ['putWhole', 'made'])
      assert.equal(stat.bytes, size)
      assert.ok(place.object?.bytes.equals(bytes))
    })
  }

  for (const size of [1001, 2000, 12_345, 65_537]) {
    it(`of ${size} bytes goes in parts, each with its place and its digests`, async () => {
      const bytes = patterned(size)
      const seen: Part[] = []
      place.before = (_step, _signal, part) => {
        if (!part) return
        seen.push(part)
        const piece = bytes.subarray(part.start, part.start + part.bytes)
        assert.ok((part.content() as Buffer).equals(piece))
        assert.ok(part.digest('md5').equals(createHash('md5').update(piece).digest()))
        assert.throws(() => part.digest('sha256'), /was not asked for/)
      }
      const stat = await host.upload(bodyOf(bytes), place.upload())
      assert.equal(stat.bytes, size)
      assert.ok(place.object?.bytes.equals(bytes))
      assert.deepEqual(
        seen.map(({ number }) => number).sort((a, b) => a - b),
        Array.from({ length: Math.ceil(size / 1000) }, (_, index) => index + 1),
      )
      assert.deepEqual(
        seen.filter(({ last }) => last).map(({ number }) => number),
        [Math.ceil(size / 1000)],
      )
      assert.equal(place.count('begin'), 1)
      assert.equal(place.count('finish'), 1)
    })
  }

  it('hands the digests of the whole body to the last request', async () => {
    const bytes = patterned(5_500)
    const upload = place.upload({}, { partDigests: ['crc32'], bodyDigests: ['crc32', 'md5'] })
    const finish: typeof upload.finish = async (id, sent, body, signal) => {
      assert.deepEqual([body.bytes, body.parts], [5_500, 6])
      assert.equal(body.digests.crc32?.readUInt32BE(), crc32(bytes))
      assert.ok(body.digests.md5?.equals(createHash('md5').update(bytes).digest()))
      return upload.finish(id, sent, body, signal)
    }
    await host.upload(bodyOf(bytes), { ...upload, finish })
  })

  it('sends several parts at once, but no more than it may', async () => {
    await host.upload(bodyOf(patterned(30_000)), place.upload())
    assert.equal(place.mostSending, 4)
    place = new Place()
    await host.upload(bodyOf(patterned(10_000)), place.upload({}, { inFlight: 1 }))
    assert.equal(place.mostSending, 1)
  })

  it('makes parts larger when there are many, up to the largest object', async () => {
    const limits = { firstBytes: 1000, maxParts: 10, maxPartBytes: 100_000, maxBytes: 30_000 }
    const sizes: number[] = []
    place.before = (_step, _signal, part) => void (part && (sizes[part.number - 1] = part.bytes))
    await assert.doesNotReject(host.upload(bodyOf(patterned(30_000)), place.upload(limits)))
    assert.deepEqual(sizes, [1000, 1000, 2000, 2000, 4000, 4000, 8000, 8000])
    place = new Place()
    await rejectsWith(host.upload(bodyOf(patterned(30_001)), place.upload(limits)), 'STORAGE_FAILED')
    assert.equal(place.object, undefined)
  })

  it('keeps parts that are too large for memory in a file that has no name, and can send them again', async () => {
    const MiB = 1024 ** 2
    const limits = { firstBytes: 40 * MiB, maxParts: 10, maxPartBytes: 1e9, maxBytes: 1e8 }
    const body = Readable.from(
      (function* () {
        for (let number = 0; number < 50; number++) yield Buffer.alloc(MiB, number)
      })(),
      { objectMode: false },
    )
    let failures = 2
    place.before = async (step, _signal, part) => {
      if (step !== 'sendPart') return
      const content = part?.content()
      assert.ok(content instanceof Readable)
      if (failures-- <= 0) return
      await once(content, 'readable')
      if (process.platform === 'linux') assert.ok(openFiles().some((path) => path.endsWith('/part (deleted)')))
      // As clients do with what they could not send.
      content.destroy()
      await once(content, 'close')
      throw passing()
    }
    const stat = await host.upload(body, place.upload(limits, { partDigests: [], bodyDigests: [] }))
    assert.equal(stat.bytes, 50 * MiB)
    for (let number = 0; number < 50; number++) assert.equal(place.object?.bytes[number * MiB + 17], number)
  })

  it('sends a part again, and only that part, when it failed for a passing reason', async () => {
    const numbers: number[] = []
    let left = 2
    place.before = (_step, _signal, part) => {
      if (!part) return
      numbers.push(part.number)
      if (part.number === 3 && left-- > 0) throw passing()
    }
    const bytes = patterned(8_000)
    await host.upload(bodyOf(bytes), place.upload())
    assert.ok(place.object?.bytes.equals(bytes))
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      [1, 2, 3, 3, 3, 4, 5, 6, 7, 8],
    )
    const retries = host.events.filter((event) => event.kind === 'retry')
    assert.deepEqual(
      retries.map(({ what, attempt }) => [what, attempt]),
      [
        ['part 3 of place://container/key', 1],
        ['part 3 of place://container/key', 2],
      ],
    )
  })

  it('gives up after its attempts, ends what is silent, and leaves nothing', async () => {
    place.before = failing('sendPart', 1000)
    const body = silentBody(65_536, () => {})
    await rejectsWith(host.upload(body, place.upload()), 'STORAGE_UNREACHABLE')
    assert.ok(body.destroyed)
    assert.equal(place.object, undefined)
    assert.equal(place.count('abort'), 1)
  })

  it('aborts only after every part has ended', async () => {
    let underWay: number | undefined
    let waiting = 0
    place.before = async (step, signal, part) => {
      if (step === 'abort') underWay = waiting
      if (step !== 'sendPart') return
      if (part?.number === 3) throw new Error('planted')
      waiting++
      await once(signal, 'abort')
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
      waiting--
    }
    await assert.rejects(host.upload(bodyOf(patterned(10_000)), place.upload()), /planted/)
    assert.equal(underWay, 0)
  })

  for (const size of [500, 5_000]) {
    const last = size === 500 ? 'putWhole' : 'finish'
    describe(`of ${size} bytes`, () => {
      const put = (bytes = patterned(size)): ReturnType<TestHost['upload']> =>
        host.upload(bodyOf(bytes), place.upload())

      it('accepts what the last request made when its answer was lost', async () => {
        place.after = failing(last, 1)
        assert.equal((await put()).bytes, size)
        assert.ok(place.object?.bytes.equals(patterned(size)))
      })

      it('accepts it also when no answer ever came', async () => {
        place.after = failing(last, 1000)
        const putting = put()
        await assert.doesNotReject(putting)
        assert.equal((await putting).bytes, size)
      })

      it('refuses an object of somebody else, and leaves it', async () => {
        place.object = { by: 'another', bytes: Buffer.from('theirs') }
        await rejectsWith(put(), 'OBJECT_EXISTS')
        assert.equal(String(place.object?.bytes), 'theirs')
        assert.equal(place.count('remove'), 0)
      })

      it('refuses an object of somebody else also when its own answer was lost', async () => {
        place.before = (step) => {
          if (step === last) place.object = { by: 'another', bytes: patterned(size) }
        }
        await rejectsWith(put(), 'OBJECT_EXISTS')
        assert.equal(place.count('remove'), 0)
      })

      it('does not look for what was refused', async () => {
        place.before = failing(last, 1, () => new DbvaultError('STORAGE_DENIED', 'you may not'))
        await rejectsWith(put(), 'STORAGE_DENIED')
        assert.equal(place.count('made'), 0)
      })

      it('looks for it when it was refused only after an answer was lost', async () => {
        place.after = failing(last, 1)
        let times = 0
        place.before = (step) => {
          if (step === last && times++ > 0) throw new DbvaultError('STORAGE_FAILED', 'there is no such upload')
        }
        assert.equal((await put()).bytes, size)
      })

      it('removes an object that does not have the bytes that were sent', async () => {
        place.after = (step) => {
          if (step === last && place.object) place.object.bytes = place.object.bytes.subarray(1)
        }
        await rejectsWith(put(), 'STORAGE_FAILED')
        assert.equal(place.object, undefined)
      })

      it('removes an object whose digest is not that of what was sent', async () => {
        const upload = place.upload()
        const made: typeof upload.made = async (signal) => {
          const found = await upload.made(signal)
          return found && { ...found, digests: { crc32c: Buffer.alloc(4) } }
        }
        await rejectsWith(host.upload(bodyOf(patterned(size)), { ...upload, made }), 'STORAGE_FAILED')
        assert.equal(place.object, undefined)
      })

      it('is an error when the object is not there afterwards', async () => {
        place.after = (step) => {
          if (step === last) place.object = undefined
        }
        await rejectsWith(put(), 'STORAGE_FAILED')
      })

      it('takes back what the last request made when it is aborted meanwhile', async () => {
        place.before = (step) => {
          if (step === last) host.abort()
        }
        await rejectsWith(put(), 'INTERRUPTED')
        assert.equal(place.object, undefined)
        assert.equal(place.count('remove'), 1)
      })

      it('takes it back when it is aborted while it looks', async () => {
        place.before = (step) => {
          if (step === 'made') host.abort()
        }
        await rejectsWith(put(), 'INTERRUPTED')
        assert.equal(place.object, undefined)
      })

      it('says what could not be taken back', async () => {
        place.before = (step) => {
          if (step === last) throw new Error('planted')
          if (step === 'made' || step === 'abort') throw new Error('nor this')
        }
        await assert.rejects(put(), /planted/)
        const warning = host.events.find(({ kind }) => kind === 'warning')
        assert.ok(warning?.kind === 'warning')
        assert.match(warning.message, /could not be removed.*nor this/)
        place.parts.clear()
      })
    })
  }

  it('waits for the answer to its beginning when it is aborted meanwhile, and takes it back', async () => {
    place.before = async (step, signal) => {
      if (step !== 'begin') return
      host.abort()
      await new Promise(setImmediate)
      assert.equal(signal.aborted, false)
    }
    await rejectsWith(host.upload(bodyOf(patterned(5_000)), place.upload()), 'INTERRUPTED')
    assert.equal(place.count('abort'), 1)
  })

  it('begins no request when it was aborted before', async () => {
    host.abort()
    const body = bodyOf(patterned(5_000))
    await rejectsWith(host.upload(body, place.upload()), 'INTERRUPTED')
    assert.deepEqual(place.calls, [])
    assert.ok(body.destroyed)
  })

  for (const size of [0, 500, 5_500]) {
    it(`throws the body's own error after ${size} bytes, and makes no last request`, async () => {
      const error = new Error('planted')
      const body = failingBody(size, error)
      await assert.rejects(host.upload(body, place.upload()), (thrown) => thrown === error)
      assert.equal(place.count('putWhole') + place.count('finish'), 0)
    })
  }

  it('copies what it is given: a body may use its buffers again', async () => {
    const body = Readable.from(
      (function* () {
        const chunk = Buffer.alloc(700)
        for (let number = 0; number < 10; number++) yield chunk.fill(number)
      })(),
      { objectMode: false, highWaterMark: 1 },
    )
    await host.upload(body, place.upload())
    assert.deepEqual([...new Set(place.object?.bytes)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.equal((await buffer(Readable.from([place.object?.bytes]))).length, 7_000)
  })
})
