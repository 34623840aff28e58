import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { backup } from '../../src/operations/backup.ts'
import type { BackupRequest } from '../../src/operations/backup-request.ts'
import { contextOf, type OperationEvent } from '../../src/operations/context.ts'
import { prune, type PruneRequest, type PruneResult } from '../../src/operations/prune.ts'
import { generateFernetKey, parseFernetKey } from '../../src/pipeline/encrypt/fernet-key.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { aged, cutOff, denied, faulty } from '../support/faulty-storage.ts'
import { keysIn, onlooker, put, read, replace } from '../support/objects.ts'
import { manifestOf } from '../support/manifests.ts'
import { textEngine } from '../support/text-engine.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const A = 'text/shop-20261123T084201Z-aaaaaa.txt.gz'
const QUICK = { attempts: 2, minWaitMs: 1, maxWaitMs: 1 }

async function pruneAt(
  storage: Storage,
  more: Partial<PruneRequest> = {},
  report: (event: OperationEvent) => void = () => {},
): Promise<PruneResult> {
  return prune(
    { storage, scope: '', graceMs: DAY, policy: {}, unlock: {}, apply: true, ...more },
    contextOf({ retry: QUICK, report }),
  )
}

async function storing(...keys: readonly string[]): Promise<Storage> {
  const storage = memoryStorage()
  for (const key of keys) await put(storage, key, key.includes('.pending-') ? '{"format":"dbvault-pending-1"}\n' : 'x')
  return storage
}

async function backUp(storage: Storage, at: string, request: Partial<BackupRequest> = {}): Promise<string> {
  const { id, error } = await backup(
    {
      engine: textEngine(new Map([['shop', at]])),
      source: { database: 'shop', flags: {} },
      destinations: [{ storage }],
      compression: { name: 'gzip' },
      prove: 'restore',
      now: () => new Date(`${at}T03:00:00Z`),
      ...request,
    },
    contextOf({ retry: QUICK }),
  )
  if (error) assert.equal(error.code, 'PROOF_UNFINISHED')
  return id
}

const kinds = ({ remove }: PruneResult): unknown => remove.map(({ kind, error }) => error?.code ?? kind)
const reasons = ({ spared }: PruneResult): unknown => spared.map(({ kind, why }) => `${kind}: ${why}`)

describe('the sweep', () => {
  it('removes an artifact that was left alone for the time of grace, with its dead marker, and nothing else', async () => {
    const others = ['notes.txt', 'text/other.gz', 'text/report.json', `${A.replace('aaaaaa', 'bbbbbb')}x/y`]
    const good = await storing(...others, A, `${A}.pending-4`)
    const id = await backUp(good, '2026-11-20')
    const storage = aged(good, /./, 2 * DAY)
    const all = await keysIn(good)
    const dry = await pruneAt(storage, { apply: false })
    assert.deepEqual([dry.dryRun, kinds(dry)], [true, ['artifact', 'marker']])
    assert.deepEqual(await keysIn(good), all)
    const done = await pruneAt(storage)
    assert.deepEqual([done.dryRun, kinds(done), done.spared], [false, ['artifact', 'marker'], []])
    assert.deepEqual(
      await keysIn(good),
      all.filter((key) => !key.startsWith(A)),
    )
    assert.ok((await keysIn(good)).some((key) => key.includes(id)))
    assert.deepEqual(kinds(await pruneAt(storage)), [])
  })

  it('spares what is younger, and with it the marker that tells that it is ours', async () => {
    const good = await storing('exact.dump', 'exact.dump.pending-1')
    const young = aged(good, /./, 20 * HOUR)
    assert.deepEqual(reasons(await pruneAt(young)), ['artifact: it is younger than the time of grace'])
    assert.equal((await keysIn(good)).length, 2)
    assert.deepEqual(kinds(await pruneAt(aged(good, /./, 2 * DAY))), ['artifact', 'marker'])
    assert.deepEqual(await keysIn(good), [])
  })

  it('leaves what only stands beside a name that the user chose, or was there before the run', async () => {
    const theirs = ['shop', 'shop.photos/1.jpg', 'shop.sql', 'shop.tar.gz']
    const good = await storing(...theirs, 'shop.pending-1')
    const old = aged(aged(good, /pending/, 2 * DAY), /^shop($|\.[^p]|\.photos)/, 3 * DAY)
    assert.deepEqual(kinds(await pruneAt(old)), ['marker'])
    assert.deepEqual(await keysIn(good), theirs)
  })

  it('takes no name for one of dbvault’s that has letters which those never have', async () => {
    const key = 'web-20260101T000000Z-x0l1o0.tar'
    const good = await storing(key)
    assert.deepEqual(kinds(await pruneAt(aged(good, /./, 9 * DAY))), [])
    assert.deepEqual(await keysIn(good), [key])
  })

  it('takes no word for a marker because of its name', async () => {
    const good = memoryStorage()
    for (const key of ['job', 'job.pending-1', 'job.roles']) await put(good, key, 'theirs')
    assert.deepEqual(kinds(await pruneAt(aged(good, /./, 9 * DAY))), [])
    assert.equal((await keysIn(good)).length, 3)
  })

  it('never touches what a living run is at, however old its artifacts are, its further members included', async () => {
    const roles = A.replace('.txt.gz', '.roles.txt.gz')
    const good = await storing(A, roles, `${A}.pending-900`)
    const result = await pruneAt(aged(good, /gz$/, 30 * DAY))
    assert.deepEqual([kinds(result), reasons(result)], [[], ['artifact: its run lives', 'artifact: its run lives']])
    assert.equal((await keysIn(good)).length, 3)
  })

  it('removes unfinished uploads of ours that are dead, and no one else’s', async () => {
    const good = await storing('exact.dump.pending-1')
    const bodies = [A, 'their upload', 'exact.dump'].map((key) => {
      const body = new PassThrough()
      body.on('error', () => {})
      good.put(key, body, onlooker).catch(() => {})
      return body
    })
    const aborted: string[] = []
    const storage: Storage = {
      ...aged(good, /./, 2 * DAY),
      abortUnfinished: async ({ key }) => void aborted.push(key),
    }
    assert.deepEqual(kinds(await pruneAt(storage)), ['upload', 'upload', 'marker'])
    assert.deepEqual(aborted.toSorted(), ['exact.dump', A])
    assert.deepEqual(kinds(await pruneAt({ ...storage, ...aged(good, /./, HOUR) })), [])
    for (const body of bodies) body.destroy()
  })

  it('removes the record of a proof whose backup is gone, and keeps that of one that is there', async () => {
    const good = await storing(`${A}.proof-20261124T030000Z.json`)
    await backUp(good, '2026-11-20')
    const [artifact = ''] = (await keysIn(good)).filter((key) => key.endsWith('.gz'))
    await put(good, `${artifact}.proof-20261124T030000Z.json`, '{}')
    const result = await pruneAt(aged(good, /./, 2 * DAY))
    assert.deepEqual(
      result.remove.map(({ address }) => address),
      [good.address(`${A}.proof-20261124T030000Z.json`)],
    )
    assert.equal((await keysIn(good)).length, 3)
  })

  it('leaves everything alone that belongs to a manifest which cannot be read', async () => {
    const good = await storing(A, A.replace('.txt', '.roles.txt'), `${A}.json`)
    const result = await pruneAt(aged(good, /./, 9 * DAY))
    assert.deepEqual([kinds(result), (await keysIn(good)).length], [[], 3])
  })

  it('leaves the further members alone whose manifest, of a name that the user chose, cannot be read', async () => {
    const good = await storing('exact.dump', 'exact.dump.pending-1', 'exact.dump.roles.sql')
    await put(good, 'exact.dump.json', '{"format":"dbvault-manifest-9"}')
    assert.deepEqual(kinds(await pruneAt(aged(good, /./, 9 * DAY))), ['marker'])
    assert.deepEqual(await keysIn(good), ['exact.dump', 'exact.dump.json', 'exact.dump.roles.sql'])
  })

  it('stays within its scope', async () => {
    const good = await storing(`night/${A}`, `nightly/${A}`)
    await pruneAt(aged(good, /./, 2 * DAY), { scope: 'night/' })
    assert.deepEqual(await keysIn(good), [`nightly/${A}`])
  })

  for (const [what, fault] of [
    ['the listing breaks off', { call: 'list', error: cutOff() }],
    ['the listing of uploads is refused', { call: 'unfinished', error: denied() }],
    ['a manifest cannot be read for a reason of the place', { call: 'get', key: /json$/, error: denied() }],
  ] as const) {
    it(`removes nothing when ${what}`, async () => {
      const good = await storing(A, A.replace('aaaaaa', 'bbbbbb'))
      await backUp(good, '2026-11-20')
      const all = await keysIn(good)
      const storage = faulty(aged(good, /./, 2 * DAY), fault)
      await assert.rejects(pruneAt(storage, { policy: { last: 1 } }), { code: fault.error.code })
      assert.deepEqual(await keysIn(good), all)
    })
  }

  it('is not fooled by a listing that lacks a manifest: it looks for it by its name', async () => {
    const good = memoryStorage()
    await backUp(good, '2026-11-20')
    const old = aged(good, /./, 2 * DAY)
    const forgetful: Storage = {
      ...old,
      async *list(prefix, host) {
        for await (const stat of old.list(prefix, host)) if (!stat.key.endsWith('.json')) yield stat
      },
    }
    const result = await pruneAt(forgetful)
    assert.deepEqual([kinds(result), reasons(result)], [[], ['artifact: there is a manifest beside it']])
    assert.equal((await keysIn(good)).length, 2)
  })

  it('spares what a run has come to since it was listed, as a copy does that completes another', async () => {
    const good = await storing(A)
    const old = aged(good, /gz$/, 2 * DAY)
    let listings = 0
    const busy: Storage = {
      ...old,
      async *list(prefix, host) {
        yield* old.list(prefix, host)
        if (++listings === 1) await put(good, `${A}.pending-1`, 'x')
      },
    }
    assert.deepEqual(reasons(await pruneAt(busy)), ['artifact: a run has come to it'])
    assert.deepEqual(await keysIn(good), [A, `${A}.pending-1`])
  })

  it('tells the time by the storage’s clock', async () => {
    const good = await storing(A)
    // Its clock is a week behind: to ours, everything there is old.
    const slow = aged(good, /./, 7 * DAY)
    const behind: Storage = {
      ...slow,
      put: async (key, body, host) => {
        const stat = await good.put(key, body, host)
        return { ...stat, modifiedAt: new Date(stat.modifiedAt.getTime() - 7 * DAY) }
      },
    }
    assert.deepEqual(reasons(await pruneAt(behind)), ['artifact: it is younger than the time of grace'])
  })

  it('is held off by another prune that lives, and goes on after one that was killed', async () => {
    const good = await storing(A, 'dbvault-prune.pending-1')
    const old = aged(good, /gz$/, 2 * DAY)
    await assert.rejects(pruneAt(old), { code: 'LOCKED', message: /Another prune is at memory test/ })
    assert.deepEqual(await keysIn(good), ['dbvault-prune.pending-1', A])
    assert.deepEqual(kinds(await pruneAt(aged(good, /./, 2 * DAY))), ['artifact'])
    assert.deepEqual(await keysIn(good), [])
  })

  it('says what it could not remove, and keeps the marker of that', async () => {
    const B = A.replace('aaaaaa', 'bbbbbb')
    const good = await storing(A, `${A}.pending-1`, B, `${B}.pending-1`)
    const storage = faulty(aged(good, /./, 2 * DAY), { call: 'delete', key: /aaaaaa\.txt\.gz$/, error: denied() })
    const result = await pruneAt(storage)
    assert.deepEqual(kinds(result), ['STORAGE_DENIED', 'artifact', 'marker'])
    assert.deepEqual(await keysIn(good), [A, `${A}.pending-1`])
  })

  /** Interrupts when something of this name is being deleted, and as a cloud does, fails for who was interrupted. */
  function interrupting(good: Storage, name: RegExp): { storage: Storage; signal: AbortSignal } {
    const controller = new AbortController()
    const storage: Storage = {
      ...aged(good, /./, 2 * DAY),
      delete: async (key, host) => {
        host.signal.throwIfAborted()
        await good.delete(key, host)
        if (name.test(key)) controller.abort(new DbvaultError('INTERRUPTED', 'interrupted'))
      },
    }
    return { storage, signal: controller.signal }
  }

  it('ends at an abort, says what was removed until then, and its lock goes', async () => {
    const keys = [...'abcdefghijkmnpqrstuv'].map((letter) => A.replace('aaaaaa', letter.repeat(6)))
    const good = await storing(...keys)
    const { storage, signal } = interrupting(good, /\.gz$/)
    const request = { storage, scope: '', graceMs: DAY, policy: {}, unlock: {}, apply: true }
    const result = await prune(request, contextOf({ signal }))
    assert.equal(result.interrupted, true)
    assert.ok(result.remove.length > 0 && result.remove.length < keys.length)
    const removed = result.remove.map(({ address, error }) => (error ? '' : address))
    assert.deepEqual(
      await keysIn(good),
      keys.filter((key) => !removed.includes(good.address(key))),
    )
  })

  it('leaves no backup half-removed at an abort', async () => {
    const good = memoryStorage()
    await backUp(good, '2026-11-20')
    const newest = await backUp(good, '2026-11-21')
    const { storage, signal } = interrupting(good, /\.json$/)
    const request = { storage, scope: '', graceMs: DAY, policy: { last: 1 }, unlock: {}, apply: true }
    const result = await prune(request, contextOf({ signal }))
    assert.deepEqual([kinds(result), result.interrupted], [['backup'], false])
    assert.ok((await keysIn(good)).every((key) => key.includes(newest)))
  })
})

describe('a policy', () => {
  const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23']

  it('removes whole backups, their members and their records, and names why each other one stays', async () => {
    const storage = memoryStorage()
    const ids: string[] = []
    for (const day of days) ids.push(await backUp(storage, day))
    const [oldest = ''] = (await keysIn(storage)).filter((key) => key.endsWith('.gz'))
    await put(storage, `${oldest}.proof-20261124T030000Z.json`, '{}')
    const dry = await pruneAt(storage, { policy: { last: 2 }, apply: false })
    assert.deepEqual(
      dry.remove.map(({ id }) => id),
      ids.slice(0, 2).toReversed(),
    )
    const done = await pruneAt(storage, { policy: { last: 2 } })
    assert.deepEqual(kinds(done), ['backup', 'backup'])
    assert.deepEqual(
      done.keep.map(({ id }) => id),
      ids.slice(2).toReversed(),
    )
    const left = await keysIn(storage)
    assert.equal(left.length, 4)
    assert.ok(left.every((key) => ids.slice(2).some((id) => key.includes(id))))
  })

  it('counts only what reached the proof that was asked for', async () => {
    const storage = memoryStorage()
    const good = await backUp(storage, '2026-11-20')
    const prove = (): Promise<never> => Promise.reject(new DbvaultError('PROOF_UNFINISHED', 'the scratch is full'))
    const engine = textEngine(new Map([['shop', 'x']]), { prove })
    const unfinished = [
      await backUp(storage, '2026-11-21', { engine }),
      await backUp(storage, '2026-11-22', { engine }),
    ]
    const { keep, remove } = await pruneAt(storage, { policy: { last: 1 } })
    assert.deepEqual([keep.map(({ id }) => id), remove], [[...unfinished.toReversed(), good], []])
    const none = await backUp(storage, '2026-11-23', { prove: 'none' })
    const again = await pruneAt(storage, { policy: { last: 1 } })
    assert.deepEqual(
      again.keep.map(({ id, reasons: [why] }) => [id, why]),
      [
        [none, 'the newest that is as good as was asked for'],
        [good, 'the newest that is proven and complete'],
      ],
    )
  })

  it('does not count a backup that a later verify found damaged, nor one whose artifact is gone', async () => {
    const storage = memoryStorage()
    const good = await backUp(storage, '2026-11-20')
    const torn = await backUp(storage, '2026-11-21')
    const artifact = (await keysIn(storage)).find((key) => key.includes(torn)) ?? ''
    await storage.delete(artifact, onlooker)
    const { keep, remove } = await pruneAt(storage, { policy: { last: 1 } })
    assert.deepEqual([keep.map(({ id }) => id), remove], [[torn, good], []])
  })

  it('does not count a backup whose artifact is not of the size that its manifest says', async () => {
    const storage = memoryStorage()
    const good = await backUp(storage, '2026-11-20')
    const torn = await backUp(storage, '2026-11-21')
    const artifact = (await keysIn(storage)).find((key) => key.includes(torn)) ?? ''
    await replace(storage, artifact, 'x')
    const { keep, remove } = await pruneAt(storage, { policy: { last: 1 } })
    assert.deepEqual([keep.map(({ id }) => id), remove], [[torn, good], []])
  })

  it('leaves a backup whose manifest was changed to people, and does not count it', async () => {
    const key = generateFernetKey()
    const storage = memoryStorage()
    const encryption = { scheme: 'fernet', key } as const
    const good = await backUp(storage, '2026-11-20', { encryption })
    const forged = await backUp(storage, '2026-11-21', { encryption })
    const manifest = (await keysIn(storage)).find((name) => name.includes(forged) && name.endsWith('.json')) ?? ''
    await replace(storage, manifest, (await read(storage, manifest)).replace('2026-11-21T03:00', '2026-11-25T03:00'))
    const warnings: string[] = []
    const report = (event: OperationEvent): void => void (event.kind === 'warning' && warnings.push(event.message))
    const { keep, remove } = await pruneAt(
      storage,
      { policy: { last: 1 }, unlock: { key: parseFernetKey(key) } },
      report,
    )
    assert.deepEqual([keep.map(({ id }) => id), remove, warnings], [[good], [], []])
    assert.equal((await keysIn(storage)).length, 4)
    await pruneAt(storage, { policy: { last: 5 } }, report)
    assert.match(warnings.join(), /Of 2 encrypted backups it is taken on their manifests' word/)
  })

  it('removes no artifact that the manifest of another backup needs', async () => {
    const [one, two] = ['shop-1.txt', 'shop-2.txt']
    const storage = await storing(one, two)
    const [main] = manifestOf(two).members
    const [shared] = manifestOf(one).members
    assert.ok(main && shared)
    await put(storage, `${one}.json`, JSON.stringify(manifestOf(one)))
    await replace(storage, one, 'x'.repeat(shared.artifact.bytes))
    await replace(storage, two, 'x'.repeat(main.artifact.bytes))
    const later = { createdAt: '2026-11-24T08:42:01.000Z', members: [main, { ...shared, name: 'shared' }] }
    await put(storage, `${two}.json`, JSON.stringify(manifestOf(two, later)))
    assert.deepEqual(kinds(await pruneAt(storage, { policy: { last: 1 } })), ['backup'])
    assert.deepEqual(await keysIn(storage), [one, two, `${two}.json`])
  })

  it('for some backups looks at nothing else', async () => {
    const storage = aged(await storing(A), /./, 2 * DAY)
    for (const day of days) await backUp(storage, day)
    const other = await pruneAt(storage, { policy: { last: 1 }, filter: { database: 'blog' } })
    assert.deepEqual([other.remove, other.keep, other.spared], [[], [], []])
    const shop = await pruneAt(storage, { policy: { last: 1 }, filter: { engine: 'text', database: 'shop' } })
    assert.deepEqual(kinds(shop), ['backup', 'backup', 'backup'])
  })

  it('stops at a backup whose manifest cannot be removed: it stays whole', async () => {
    const good = memoryStorage()
    for (const day of days) await backUp(good, day)
    const locked = faulty(good, { call: 'delete', key: /\.json$/, error: denied() })
    const result = await pruneAt(locked, { policy: { last: 1 } })
    assert.deepEqual(kinds(result), Array(3).fill('STORAGE_DENIED'))
    assert.equal((await keysIn(good)).length, 8)
  })
})
