import assert from 'node:assert/strict'
import { readCatalog } from '../../src/catalog/catalog.ts'
import { readManifest } from '../../src/catalog/manifests.ts'
import { pendingKey, proofKey } from '../../src/catalog/layout.ts'
import { MANIFEST_BYTES_AT_MOST } from '../../src/catalog/manifest.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import type { Storage } from '../../src/contract/storage.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { manifestOf } from '../support/manifests.ts'
import { onlooker, put } from '../support/objects.ts'

const A = 'shop-20261123T084201Z-aaaaaa.txt'
const B = 'shop-20261123T084202Z-bbbbbb.txt'
const IN = (name: string): string => `text/${name}`

async function storing(objects: Readonly<Record<string, string>>): Promise<Storage> {
  const storage = memoryStorage()
  for (const [key, content] of Object.entries(objects)) await put(storage, key, content)
  return storage
}

const json = (artifact: string, fields = {}): string => JSON.stringify(manifestOf(artifact, fields))

describe('a catalog', () => {
  it('has whole backups, the newest first', async () => {
    const storage = await storing({
      [IN(A)]: '',
      [IN(`${A}.json`)]: json(A),
      [IN(B)]: '',
      [IN(`${B}.json`)]: json(B, { createdAt: '2026-11-23T08:42:02.000Z' }),
    })
    const { backups, damaged, orphans } = await readCatalog(storage, '', onlooker)
    assert.deepEqual(
      backups.map(({ key, missing }) => [key, missing]),
      [
        [IN(B), []],
        [IN(A), []],
      ],
    )
    assert.deepEqual([damaged, orphans], [[], []])
  })

  it('has only what is below a prefix', async () => {
    const storage = await storing({ [IN(A)]: '', [IN(`${A}.json`)]: json(A), [B]: '', [`${B}.json`]: json(B) })
    const { backups } = await readCatalog(storage, 'text/', onlooker)
    assert.deepEqual(
      backups.map(({ key }) => key),
      [IN(A)],
    )
  })

  it('names an artifact without a manifest as an orphan, pending as long as its marker lives', async () => {
    const storage = await storing({ [IN(A)]: 'x', [IN(B)]: 'xy', [pendingKey(IN(B), 3)]: '' })
    const orphansAt = async (now: Date): Promise<unknown> => {
      const { backups, orphans } = await readCatalog(storage, '', onlooker, now)
      assert.deepEqual(backups, [])
      return orphans.map(({ key, bytes, pending }) => [key, bytes, pending])
    }
    assert.deepEqual(await orphansAt(new Date()), [
      [IN(A), 1, false],
      [IN(B), 2, true],
    ])
    assert.deepEqual(await orphansAt(new Date(Date.now() + 16 * 60_000)), [
      [IN(A), 1, false],
      [IN(B), 2, false],
    ])
  })

  it('names a member of no backup as an orphan, and the members of one as its own', async () => {
    const roles = A.replace('.txt', '.roles.txt')
    const [main] = manifestOf(A).members
    assert.ok(main)
    const members = [main, { ...main, name: 'roles', artifact: { ...main.artifact, name: roles } }]
    const whole = await storing({ [IN(A)]: '', [IN(roles)]: '', [IN(`${A}.json`)]: json(A, { members }) })
    assert.deepEqual((await readCatalog(whole, '', onlooker)).orphans, [])
    const half = await storing({ [IN(A)]: '', [IN(roles)]: '', [IN(`${A}.json`)]: json(A) })
    assert.deepEqual(
      (await readCatalog(half, '', onlooker)).orphans.map(({ key }) => key),
      [IN(roles)],
    )
    const torn = await storing({ [IN(A)]: '', [IN(`${A}.json`)]: json(A, { members }) })
    const [backup] = (await readCatalog(torn, '', onlooker)).backups
    assert.deepEqual(backup?.missing, [IN(roles)])
  })

  it('names a backup whose artifact is gone as missing it', async () => {
    const { backups } = await readCatalog(await storing({ [IN(`${A}.json`)]: json(A) }), '', onlooker)
    assert.deepEqual(backups[0]?.missing, [IN(A)])
  })

  it('names a backup of any name with an ending whose artifact is gone, and reads no other JSON for it', async () => {
    const storage = await storing({ 'shop.sql.json': json('shop.sql'), 'package.json': '{}', 'x/.rc.json': '{}' })
    const read: string[] = []
    const watched: Storage = {
      ...storage,
      async get(key, host) {
        read.push(key)
        return await storage.get(key, host)
      },
    }
    const { backups, damaged } = await readCatalog(watched, '', onlooker)
    assert.deepEqual([backups[0]?.missing, damaged], [['shop.sql'], []])
    assert.deepEqual(read, ['shop.sql.json'])
  })

  it('names manifests that are cut, and those of another artifact, as damaged', async () => {
    const storage = await storing({
      [IN(A)]: '',
      [IN(`${A}.json`)]: json(A).slice(0, 100),
      [IN(B)]: '',
      [IN(`${B}.json`)]: json(A),
    })
    const { backups, damaged, orphans } = await readCatalog(storage, '', onlooker)
    assert.deepEqual([backups, orphans], [[], []])
    assert.deepEqual(
      damaged.map(({ key, error }) => [key, error.code]),
      [
        [IN(`${A}.json`), 'MANIFEST_INVALID'],
        [IN(`${B}.json`), 'MANIFEST_INVALID'],
      ],
    )
    await assert.rejects(readManifest(storage, IN(`${B}.json`), onlooker), { message: /belongs to another artifact/ })
  })

  it('leaves the user’s own files alone, JSON and other', async () => {
    const storage = await storing({
      'package.json': '{}',
      'notes.txt': 'notes',
      'notes.txt.json': '{"about":"notes"}',
      [IN('backup.txt')]: '',
      [IN('shop-2026.txt')]: '',
      [IN('list.json')]: '[]',
      'a.pending-1': '',
    })
    assert.deepEqual(await readCatalog(storage, '', onlooker), { backups: [], damaged: [], orphans: [] })
  })

  it('leaves alone what is larger than any manifest, without reading it', async () => {
    const storage = await storing({ 'notes.txt': '', 'notes.txt.json': '' })
    const large: Storage = {
      ...storage,
      async *list(prefix, host) {
        for await (const stat of storage.list(prefix, host)) yield { ...stat, bytes: MANIFEST_BYTES_AT_MOST + 1 }
      },
      get: () => Promise.reject(new Error('it was read')),
    }
    assert.deepEqual(await readCatalog(large, '', onlooker), { backups: [], damaged: [], orphans: [] })
  })

  it('knows a backup of any name by its manifest, and a damaged one by what is left of it', async () => {
    const storage = await storing({
      one: '',
      'one.json': json('one'),
      two: '',
      'two.json': json('two').slice(0, 200),
    })
    const { backups, damaged } = await readCatalog(storage, '', onlooker)
    assert.deepEqual(
      backups.map(({ key }) => key),
      ['one'],
    )
    assert.deepEqual(
      damaged.map(({ key }) => key),
      ['two.json'],
    )
  })

  it('has the newest later proof of each backup, and none that cannot be read', async () => {
    const idOf = (name: string): string => manifestOf(name).id
    const record = (outcome: string, at: Date, id = idOf(A)): string =>
      JSON.stringify({
        format: 'dbvault-proof-1',
        id,
        at: at.toISOString(),
        tool: 'dbvault/0',
        outcome,
        seconds: 1,
        mac: { scheme: 'sha256', value: '' },
      })
    const [first, second] = [new Date('2026-11-24T03:00:00Z'), new Date('2026-11-25T03:00:00Z')]
    const now = new Date('2026-11-26T03:00:00Z')
    const [later, muchLater] = [new Date('2026-11-25T04:00:00Z'), new Date('2026-12-31T03:00:00Z')]
    const storage = await storing({
      [IN(A)]: '',
      [IN(`${A}.json`)]: json(A),
      [proofKey(IN(A), second)]: record('failed', second),
      [proofKey(IN(A), first)]: record('equal', first),
      // A copy under a later name, one of another backup, one from a clock that is ahead, and no record at all.
      [proofKey(IN(A), later)]: record('equal', first),
      [`${IN(A)}.proof-20261125T040000Z-2.json`]: record('equal', later, idOf(B)),
      [proofKey(IN(A), muchLater)]: record('equal', muchLater),
      [`${IN(A)}.proof-20261125T050000Z.json`]: 'none',
      [IN(B)]: '',
      [IN(`${B}.json`)]: json(B),
      [proofKey(IN(B), first)]: 'none',
      [proofKey(IN(B), muchLater)]: record('failed', muchLater, idOf(B)),
    })
    const { backups, orphans, damaged } = await readCatalog(storage, '', onlooker, now)
    const outcomes = Object.fromEntries(backups.map(({ key, lastProof }) => [key, lastProof?.record.outcome]))
    assert.deepEqual(outcomes, { [IN(A)]: 'failed', [IN(B)]: 'failed' })
    assert.deepEqual([orphans, damaged], [[], []])
  })

  it('is an error, and never empty or short, when the listing or a manifest cannot be read', async () => {
    const failure = new DbvaultError('STORAGE_UNREACHABLE', 'the line is cut')
    const storage = await storing({ [IN(A)]: '', [IN(`${A}.json`)]: json(A) })
    const deaf: Storage = {
      ...storage,
      async *list(prefix, host) {
        yield* storage.list(prefix, host)
        throw failure
      },
    }
    await assert.rejects(readCatalog(deaf, '', onlooker), failure)
    await assert.rejects(readCatalog({ ...storage, get: () => Promise.reject(failure) }, '', onlooker), failure)
  })
  it('is read while the place lists further', async () => {
    const storage = await storing({ [IN(A)]: '', [IN(`${A}.json`)]: json(A), [IN(B)]: '', [IN(`${B}.json`)]: json(B) })
    const asked = Promise.withResolvers<void>()
    const slow: Storage = {
      ...storage,
      async *list(prefix, host) {
        for await (const stat of storage.list(prefix, host)) {
          yield stat
          // It lists the second page only when the manifest of the first one is being read.
          if (stat.key === IN(`${A}.json`)) await asked.promise
        }
      },
      get(...args) {
        asked.resolve()
        return storage.get(...args)
      },
    }
    assert.equal((await readCatalog(slow, '', onlooker)).backups.length, 2)
  })

  it('reads nothing more once it has failed', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `shop-20261123T084201Z-aaaa${String(n).padStart(2, '0')}.txt`)
    const storage = await storing(
      Object.fromEntries(
        names.flatMap((name) => [
          [IN(name), ''],
          [IN(`${name}.json`), json(name)],
        ]),
      ),
    )
    let running = 0
    let begun = 0
    const failing: Storage = {
      ...storage,
      async get(...args) {
        running += 1
        begun += 1
        try {
          if (begun === 3) throw new DbvaultError('STORAGE_DENIED', 'closed')
          await new Promise((resolve) => setImmediate(resolve))
          return await storage.get(...args)
        } finally {
          running -= 1
        }
      },
    }
    await assert.rejects(readCatalog(failing, '', onlooker), { code: 'STORAGE_DENIED' })
    assert.deepEqual([running, begun < names.length], [0, true], `${begun} begun`)
  })

  it('has a backup whose proof went since it was listed, and names one as damaged whose proof is no such thing', async () => {
    const at = new Date('2026-11-24T03:00:00Z')
    const storage = await storing({
      [IN(A)]: '',
      [IN(`${A}.json`)]: json(A),
      [proofKey(IN(A), at)]: 'gone',
      [IN(B)]: '',
      [IN(`${B}.json`)]: json(B),
      [proofKey(IN(B), at)]: 'x'.repeat(MANIFEST_BYTES_AT_MOST + 1),
    })
    const gone = new DbvaultError('OBJECT_NOT_FOUND', 'gone')
    const changing: Storage = {
      ...storage,
      get: (key, ...rest) => (key === proofKey(IN(A), at) ? Promise.reject(gone) : storage.get(key, ...rest)),
    }
    const { backups, damaged } = await readCatalog(changing, '', onlooker)
    assert.deepEqual(
      backups.map(({ key, lastProof }) => [key, lastProof]),
      [[IN(A), undefined]],
    )
    assert.deepEqual(
      damaged.map(({ key, error }) => [key, error.code]),
      [[IN(`${B}.json`), 'MANIFEST_INVALID']],
    )
  })
})
