import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Engine } from '../../src/contract/engine.ts'
import type { Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { backup } from '../../src/operations/backup.ts'
import type { BackupRequest, BackupResult } from '../../src/operations/backup-request.ts'
import { contextOf, type OperationContext } from '../../src/operations/context.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { cutOff, denied, faulty, stalling, watched } from '../support/faulty-storage.ts'
import { keysIn, onlooker, read } from '../support/objects.ts'
import { dumpOf, fingerprintOf, member, textEngine } from '../support/text-engine.ts'

const CONTENT = randomBytes(1_500_000).toString('base64')
const ARTIFACT = /\.gz$/
const MANIFEST = /\.json$/

interface Attempt extends BackupResult {
  readonly dumps: number
}

async function backUpTo(
  storages: readonly Storage[],
  request: Partial<BackupRequest> = {},
  given: Partial<OperationContext> = {},
  faults: Partial<Engine> = {},
): Promise<Attempt> {
  let dumps = 0
  const engine = textEngine(new Map([['shop', CONTENT]]), {
    dump: () => {
      dumps += 1
      return dumpOf([member('main', [CONTENT])], async () => fingerprintOf(CONTENT))
    },
    ...faults,
  })
  const result = await backup(
    {
      engine,
      source: { database: 'shop', flags: {} },
      destinations: storages.map((storage) => ({ storage })),
      compression: { name: 'gzip' },
      prove: 'restore',
      ...request,
    },
    contextOf({ retry: { attempts: 3, minWaitMs: 1, maxWaitMs: 2 }, ...given }),
  )
  return { ...result, dumps }
}

const verdicts = ({ locations }: BackupResult): unknown => locations.map(({ status, error }) => error?.code ?? status)

async function assertWhole(storage: Storage): Promise<void> {
  const keys = await keysIn(storage)
  assert.equal(keys.length, 2, `${storage.label}: ${keys.join()}`)
  assert.match(keys[1] ?? '', MANIFEST)
}

async function assertEmpty(...storages: readonly Storage[]): Promise<void> {
  for (const storage of storages) assert.deepEqual(await keysIn(storage), [], storage.label)
}

describe('several clouds', () => {
  let [a, b, c] = [memoryStorage('a'), memoryStorage('b'), memoryStorage('c')]
  beforeEach(() => {
    ;[a, b, c] = [memoryStorage('a'), memoryStorage('b'), memoryStorage('c')]
  })

  it('are sent one dump at once: none is fed by reading another, and only the first is read back', async () => {
    const calls: string[] = []
    const result = await backUpTo([watched(a, calls), watched(b, calls), watched(c, calls)])
    assert.deepEqual([result.status, result.dumps, verdicts(result)], ['proven', 1, ['stored', 'stored', 'stored']])
    for (const storage of [a, b, c]) await assertWhole(storage)
    const [key = ''] = await keysIn(a)
    assert.equal(await read(b, key), await read(a, key))
    assert.deepEqual(
      calls.filter((call) => call.startsWith('get')),
      [`get memory a ${key}`],
    )
  })

  for (const [what, at] of [
    ['a marker', /\.pending-1$/],
    ['the middle of the artifact', ARTIFACT],
    ['the manifest', MANIFEST],
  ] as const) {
    it(`of which one fails for good at ${what}: the others have the backup, and it has nothing`, async () => {
      for (const place of [0, 1, 2]) {
        const places = [memoryStorage('a'), memoryStorage('b'), memoryStorage('c')]
        const broken = places.map((storage, index) =>
          index === place ? faulty(storage, { call: 'put', key: at, afterBytes: 700_000, error: denied() }) : storage,
        )
        const result = await backUpTo(broken)
        assert.deepEqual([result.status, result.dumps, result.error?.code], ['proven', 1, 'SEVERAL_FAILED'])
        assert.match(result.error?.message ?? '', /stored in 2 of 3 places; not in memory:\/\/[abc]\/.*: refused/)
        assert.deepEqual(
          result.locations.map(({ status }) => status),
          places.map((_, index) => (index === place ? 'failed' : 'stored')),
        )
        for (const [index, storage] of places.entries())
          await (index === place ? assertEmpty(storage) : assertWhole(storage))
      }
    })
  }

  it('of which one is cut off while it is sent the dump: that one is fed from the proven one afterwards', async () => {
    for (const place of [0, 1]) {
      const places = [memoryStorage('a'), memoryStorage('b')]
      const broken = places.map((storage, index) =>
        index === place
          ? faulty(storage, { call: 'put', key: ARTIFACT, afterBytes: 700_000, times: 2, error: cutOff() })
          : storage,
      )
      const result = await backUpTo(broken)
      assert.deepEqual([result.error, result.dumps, verdicts(result)], [undefined, 1, ['stored', 'stored']])
      for (const storage of places) await assertWhole(storage)
      assert.equal(
        result.warnings.some((text) => text.includes('read back from memory b')),
        place === 0,
      )
    }
  })

  it('of which one is cut off so that not even its marker can be taken away: it is fed under that marker', async () => {
    const cut = faulty(b, { call: 'put', key: ARTIFACT, times: 1, error: cutOff() })
    const result = await backUpTo([a, faulty(cut, { call: 'delete', times: 2, error: cutOff() })])
    assert.deepEqual([result.error, verdicts(result)], [undefined, ['stored', 'stored']])
    assert.equal((await keysIn(b)).filter((key) => !key.includes('.pending-')).length, 2)
  })

  it('all of which fail make the run fail with every reason, and the dump is made again only where that may help', async () => {
    const cut = { call: 'put', key: ARTIFACT, error: cutOff() } as const
    const no = { call: 'put', key: ARTIFACT, error: denied() } as const
    const alike = await backUpTo([faulty(a, no), faulty(b, no)])
    assert.deepEqual([alike.status, alike.dumps, alike.error?.code], ['failed', 1, 'STORAGE_DENIED'])
    assert.match(alike.error?.message ?? '', /memory a: refused; memory b: refused/)
    const early = await backUpTo([a, b].map((storage) => faulty(storage, { ...no, key: /pending/ })))
    assert.match(early.error?.message ?? '', /memory a: refused; memory b: refused/)
    const mixed = await backUpTo([faulty(a, no), faulty(b, cut)])
    assert.deepEqual([mixed.status, mixed.dumps, mixed.error?.code], ['failed', 3, 'SEVERAL_FAILED'])
    await assertEmpty(a, b)
  })

  it('of which one cannot be opened before the dump: the others are, and say so', async () => {
    const gone = await backUpTo([faulty(a, { call: 'probe', error: denied() }), b])
    assert.deepEqual([gone.status, verdicts(gone)], ['proven', ['STORAGE_DENIED', 'stored']])
    assert.match(gone.warnings.join(), /goes to the other places only: memory a: refused/)
    const back = await backUpTo([faulty(a, { call: 'probe', times: 3, error: cutOff() }), c])
    assert.deepEqual([back.error, verdicts(back)], [undefined, ['stored', 'stored']])
    await assertWhole(a)
    const none = await backUpTo([faulty(a, { call: 'probe', error: denied() })])
    assert.deepEqual([none.status, none.error?.code, none.dumps], ['failed', 'STORAGE_DENIED', 0])
  })

  it('of which the first gives back other bytes: it is given up, and the next one is proven', async () => {
    const rotten: Storage = {
      ...a,
      get: async (key, host) => {
        const body = await a.get(key, host)
        async function* other(): AsyncGenerator<Uint8Array> {
          for await (const chunk of body) yield Buffer.from(chunk as Buffer).fill(0, 4, 5)
          yield Buffer.from('x')
        }
        const { Readable } = await import('node:stream')
        return Readable.from(other())
      },
    }
    const result = await backUpTo([rotten, b])
    assert.deepEqual([result.status, verdicts(result)], ['proven', ['ARTIFACT_CORRUPT', 'stored']])
    await assertEmpty(a)
    await assertWhole(b)
  })

  it('have nothing at all when the dump itself is wrong', async () => {
    const faults: Partial<Engine> = {
      dump: () => dumpOf([member('main', [CONTENT])], async () => fingerprintOf('other')),
    }
    const wrong = await backUpTo([a, b], {}, {}, faults)
    assert.deepEqual([wrong.status, wrong.error?.code], ['failed', 'PROOF_FAILED'])
    const broken = new DbvaultError('DUMP_FAILED', 'the tool died')
    const died = await backUpTo([a, b], {}, {}, { dump: () => dumpOf([member('main', [CONTENT, broken])]) })
    assert.equal(died.error, broken)
    await assertEmpty(a, b)
  })

  it('of which one loses its artifact before the commit: only that one has no backup', async () => {
    const beforeCommit = async (): Promise<void> => {
      for (const key of await keysIn(b)) if (ARTIFACT.test(key)) await b.delete(key, onlooker)
    }
    const result = await backUpTo([a, b], { beforeCommit })
    assert.deepEqual(verdicts(result), ['stored', 'STORAGE_FAILED'])
    assert.match(result.error?.message ?? '', /is gone, before its backup was committed/)
    await assertWhole(a)
    await assertEmpty(b)
  })

  it('have nothing after an interrupt in the middle of the upload, also where one takes nothing any more', async () => {
    const controller = new AbortController()
    const stop = (): void => controller.abort(new DbvaultError('INTERRUPTED', 'interrupted'))
    const result = await backUpTo([a, stalling(b, ARTIFACT, stop), c], {}, { signal: controller.signal })
    assert.deepEqual([result.status, result.error?.code], ['failed', 'INTERRUPTED'])
    await assertEmpty(a, b, c)
  })

  it('each get the further members of a dump, under names of their own', async () => {
    const faults: Partial<Engine> = {
      dump: () => dumpOf([member('main', ['one']), member('roles', ['two'])], async () => fingerprintOf('onetwo')),
    }
    const destinations = [
      { storage: a, key: 'exact.dump' },
      { storage: b, prefix: 'nightly/' },
    ]
    const result = await backUpTo([], { destinations }, {}, faults)
    assert.equal(result.error, undefined)
    assert.deepEqual(await keysIn(a), ['exact.dump', 'exact.dump.json', 'exact.dump.roles.txt.gz'])
    assert.deepEqual(
      (await keysIn(b)).map((key) => key.replace(result.id, 'ID')),
      ['nightly/text/ID.roles.txt.gz', 'nightly/text/ID.txt.gz', 'nightly/text/ID.txt.gz.json'],
    )
    assert.match(await read(a, 'exact.dump.json'), /"name": "exact\.dump\.roles\.txt\.gz"/)
  })
})

describe('a directory and clouds', () => {
  it('are fed in this order: the directory is proven before any byte goes to a cloud', async () => {
    const calls: string[] = []
    const [directory, cloud] = [{ ...memoryStorage('dir'), name: 'local' }, memoryStorage('cloud')]
    let proven = false
    const { prove } = textEngine(new Map())
    const first = watched(directory, calls)
    const second: Storage = {
      ...cloud,
      put: (key, body, host) => {
        assert.ok(proven, key)
        return cloud.put(key, body, host)
      },
    }
    const result = await backUpTo(
      [first, second],
      {},
      {},
      {
        prove: (request, host) => prove(request, host).finally(() => (proven = true)),
      },
    )
    assert.equal(result.error, undefined)
    await assertWhole(directory)
    await assertWhole(cloud)
    assert.equal(calls.filter((call) => call.startsWith('get')).length, 2)
  })

  it('of which the directory cannot be written to: the cloud has the backup', async () => {
    const cloud = memoryStorage('cloud')
    const directory = faulty({ ...memoryStorage('dir'), name: 'local' }, { call: 'probe', error: denied() })
    const result = await backUpTo([directory, cloud])
    assert.deepEqual(verdicts(result), ['STORAGE_DENIED', 'stored'])
    await assertWhole(cloud)
  })
})
