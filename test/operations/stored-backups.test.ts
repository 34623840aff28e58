import assert from 'node:assert/strict'
import type { Engine } from '../../src/contract/engine.ts'
import type { Host } from '../../src/contract/host.ts'
import type { Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import type { ErrorCode } from '../../src/errors/error-code.ts'
import { backup } from '../../src/operations/backup.ts'
import type { ProofLevel, EncryptionRequest } from '../../src/operations/backup-request.ts'
import { contextOf } from '../../src/operations/context.ts'
import { copyBackup } from '../../src/operations/copy-backup.ts'
import {
  findAll,
  findAtKey,
  findById,
  findNewest,
  findNewestToVerify,
  type FoundBackup,
} from '../../src/operations/find-backup.ts'
import { list } from '../../src/operations/list.ts'
import { openBare, openWithManifest, type OpenedBackup } from '../../src/operations/open-backup.ts'
import { restore } from '../../src/operations/restore.ts'
import { sample } from '../../src/operations/sample.ts'
import { show } from '../../src/operations/show.ts'
import type { Unlock } from '../../src/operations/unlock.ts'
import { verify, type VerifyResult } from '../../src/operations/verify.ts'
import { generateFernetKey, parseFernetKey } from '../../src/pipeline/encrypt/fernet-key.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { keysIn, onlooker, put, read, replace } from '../support/objects.ts'
import { FORMAT, textEngine } from '../support/text-engine.ts'

const context = contextOf({ retry: { attempts: 1, minWaitMs: 1, maxWaitMs: 1 } })
const KEY = generateFernetKey()
const unlock: Unlock = { key: parseFernetKey(KEY) }
const encryption: EncryptionRequest = { scheme: 'fernet', key: KEY }

interface StoredText {
  readonly storage: Storage
  readonly databases: Map<string, string>
  readonly id: string
  readonly key: string
}

async function storeText(
  storage: Storage = memoryStorage(),
  {
    encrypted = true,
    content = 'a row\n',
    at = new Date(),
    prove = 'restore',
  }: { encrypted?: boolean; content?: string; at?: Date; prove?: ProofLevel } = {},
): Promise<StoredText> {
  const databases = new Map([['shop', content]])
  const { id, error, artifact } = await backup(
    {
      engine: textEngine(databases),
      source: { database: 'shop', flags: {} },
      destinations: [{ storage }],
      compression: { name: 'gzip' },
      prove,
      now: () => at,
      ...(encrypted && { encryption }),
    },
    context,
  )
  assert.equal(error, undefined)
  return { storage, databases, id, key: `text/${artifact?.name}` }
}

async function open(
  { storage, key }: StoredText,
  by: Unlock = unlock,
): Promise<{ found: Required<FoundBackup>; backup: OpenedBackup }> {
  const found = await findAtKey(storage, key, onlooker)
  const { manifest, manifestText } = found
  assert.ok(manifest && manifestText !== undefined)
  const whole = { ...found, manifest, manifestText }
  return { found: whole, backup: await openWithManifest(whole, by, onlooker) }
}

async function verifyText(one: StoredText, faults: Partial<Engine> = {}): Promise<VerifyResult> {
  const engine = textEngine(one.databases, faults)
  return verify({ engine, ...(await open(one)), scratch: { mode: 'auto', flags: {} } }, context)
}

const edit = async ({ storage, key }: StoredText, change: (text: string) => string): Promise<void> =>
  replace(storage, `${key}.json`, change(await read(storage, `${key}.json`)))

describe('a stored backup is found', () => {
  it('by its id, by its key, by its manifest’s key, and as the newest that fits', async () => {
    const storage = memoryStorage()
    const older = await storeText(storage, { at: new Date('2026-01-01') })
    const newer = await storeText(storage, { at: new Date('2026-01-02') })
    assert.equal((await findById(storage, '', older.id, onlooker)).key, older.key)
    assert.equal((await findAtKey(storage, newer.key, onlooker)).manifest?.id, newer.id)
    assert.equal((await findAtKey(storage, `${newer.key}.json`, onlooker)).key, newer.key)
    assert.equal((await findNewest(storage, '', { engine: 'text', database: 'shop' }, onlooker)).key, newer.key)
    const { backups } = await findAll(storage, '', {}, onlooker)
    assert.deepEqual(
      backups.map(({ key }) => key),
      [newer.key, older.key],
    )
  })

  it('or is BACKUP_NOT_FOUND, with the newest that there is', async () => {
    const { storage, id } = await storeText()
    await assert.rejects(findById(storage, '', 'none', onlooker), (error: DbvaultError) => {
      assert.match(error.hints.join(), new RegExp(id))
      return error.code === 'BACKUP_NOT_FOUND'
    })
    await assert.rejects(findAtKey(storage, 'none', onlooker), { code: 'BACKUP_NOT_FOUND' })
    for (const filter of [{ engine: 'other' }, { database: 'other' }]) {
      await assert.rejects(findNewest(storage, '', filter, onlooker), { code: 'BACKUP_NOT_FOUND' })
    }
  })

  it('as the newest only when it is whole; among all it is not passed over in silence', async () => {
    const storage = memoryStorage()
    const whole = await storeText(storage, { at: new Date('2026-01-01') })
    const torn = await storeText(storage, { at: new Date('2026-01-02') })
    const cut = await storeText(storage, { at: new Date('2026-01-03') })
    await storage.delete(torn.key, onlooker)
    await edit(cut, (text) => text.slice(0, 50))
    const warnings: string[] = []
    const host: Host = {
      ...onlooker,
      report: (event) => void (event.kind === 'warning' && warnings.push(event.message)),
    }
    assert.equal((await findNewest(storage, '', {}, host)).key, whole.key)
    assert.equal(warnings.length, 2)
    assert.match(warnings.join(), new RegExp(`cannot be read: .*${cut.id}.*not whole any more: ${torn.id}`))
    const toVerify = async () => {
      const { backups: newest, damaged: hidden } = await findNewestToVerify(storage, '', {}, onlooker)
      return [newest.map(({ key }) => key), hidden.map(({ id: name }) => name)]
    }
    assert.deepEqual(await toVerify(), [[torn.key], [`${cut.key.replace('text/', '')}.json`]])
    const newer = await storeText(storage, { at: new Date('2026-01-04') })
    assert.deepEqual(await toVerify(), [[newer.key], []], 'an older one that cannot be read was not asked for')
    for (const key of [newer.key, `${newer.key}.json`]) await storage.delete(key, onlooker)
    const { backups, damaged } = await findAll(storage, '', {}, onlooker)
    assert.deepEqual(
      backups.map(({ key }) => key),
      [torn.key, whole.key],
    )
    assert.deepEqual(
      damaged.map(({ error }) => error.code),
      ['MANIFEST_INVALID'],
    )
    await assert.rejects(findById(storage, '', cut.id, onlooker), { code: 'MANIFEST_INVALID' })
  })
})

describe('verify', () => {
  it('proves a backup again and writes that down beside it, where list finds it', async () => {
    const one = await storeText()
    const result = await verifyText(one)
    assert.deepEqual([result.status, result.proof?.outcome], ['proven', 'equal'])
    const record = (await keysIn(one.storage)).find((key) => key.includes('.proof-')) ?? ''
    assert.equal(result.record, one.storage.address(record))
    const { backups } = await list(one.storage, '', {}, unlock, onlooker)
    const { at } = JSON.parse(await read(one.storage, record)) as { at: string }
    assert.deepEqual([backups[0]?.provenAt, backups[0]?.status, backups[0]?.trust], [at, 'proven', 'authentic'])
  })

  it('is checked, not proven, when there is nothing to compare with', async () => {
    const one = await storeText(memoryStorage(), { prove: 'none' })
    const { status, proof } = await verifyText(one)
    assert.deepEqual([status, proof?.outcome], ['checked', 'restorable'])
    assert.equal((await list(one.storage, '', {}, unlock, onlooker)).backups[0]?.status, 'checked')
  })

  it('writes down that a backup is damaged, and list says so', async () => {
    const one = await storeText()
    const bytes = Buffer.from(await read(one.storage, one.key))
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    await replace(one.storage, one.key, bytes)
    const result = await verifyText(one)
    assert.deepEqual([result.status, result.error?.code], ['failed', 'ARTIFACT_CORRUPT'])
    const { backups } = await list(one.storage, '', {}, unlock, onlooker)
    assert.equal(backups[0]?.status, 'failed')
  })

  for (const code of [
    'PROOF_UNFINISHED',
    'STORAGE_UNREACHABLE',
    'STORAGE_FULL',
    'TOOL_NOT_FOUND',
  ] satisfies ErrorCode[]) {
    it(`writes nothing down when it fails with ${code}, which says nothing about the backup`, async () => {
      const one = await storeText()
      const result = await verifyText(one, { prove: () => Promise.reject(new DbvaultError(code, 'elsewhere')) })
      assert.deepEqual([result.status, result.error?.code, result.record], ['failed', code, undefined])
      assert.equal((await keysIn(one.storage)).length, 2)
    })
  }

  it('is a result also where the record cannot be written', async () => {
    const one = await storeText()
    const readOnly: Storage = {
      ...one.storage,
      put: (_key, body) => {
        body.on('error', () => {}).destroy()
        return Promise.reject(new DbvaultError('STORAGE_DENIED', 'read-only'))
      },
    }
    const result = await verifyText({ ...one, storage: readOnly })
    assert.deepEqual([result.status, result.record], ['proven', undefined])
  })
})

describe('an artifact that lies elsewhere', () => {
  async function storeAnd(encrypted: boolean): Promise<{ one: StoredText; reads: () => number; far: Storage }> {
    const one = await storeText(memoryStorage(), { encrypted })
    let reads = 0
    const far: Storage = {
      ...one.storage,
      get: (key, host, options) => {
        if (key === one.key) reads += 1
        return one.storage.get(key, host, options)
      },
    }
    return { one: { ...one, storage: far }, reads: () => reads, far }
  }

  for (const encrypted of [true, false]) {
    it(`is downloaded once for a restore (${encrypted ? 'encrypted' : 'not encrypted'})`, async () => {
      const { one, reads } = await storeAnd(encrypted)
      const { backup: opened } = await open(one)
      const target = { database: 'new', flags: {}, replace: false }
      await restore({ engine: textEngine(one.databases), backup: opened, target, dryRun: false }, context)
      assert.deepEqual([reads(), one.databases.get('new')], [1, 'a row\n'])
    })
  }

  it('is downloaded once for a restore without its manifest, too', async () => {
    const { one, reads } = await storeAnd(true)
    await one.storage.delete(`${one.key}.json`, onlooker)
    await using opened = await openBare({ storage: one.storage, key: one.key }, unlock, [FORMAT], onlooker)
    const before = reads()
    const target = { database: 'new', flags: {}, replace: false }
    await restore({ engine: textEngine(one.databases), backup: opened, target, dryRun: false }, context)
    assert.deepEqual([before, reads(), one.databases.get('new')], [1, 1, 'a row\n'])
  })

  it('that is on this machine is read where it is', async () => {
    const { one, reads } = await storeAnd(true)
    const { backup: opened } = await open({ ...one, storage: { ...one.storage, name: 'local' } })
    const target = { database: 'new', flags: {}, replace: false }
    await restore({ engine: textEngine(one.databases), backup: opened, target, dryRun: false }, context)
    assert.equal(reads(), 2)
  })
})

describe('a manifest that was changed', () => {
  it('is MANIFEST_INVALID to whoever has the key, and a claim to others', async () => {
    const one = await storeText()
    await edit(one, (text) => text.replace('"status": "proven"', '"status": "checked"'))
    await assert.rejects(open(one), { code: 'MANIFEST_INVALID' })
    const found = await findAtKey(one.storage, one.key, onlooker)
    const { manifest, manifestText = '' } = found
    assert.ok(manifest)
    await assert.rejects(show({ manifest, manifestText, address: 'here' }, unlock), { code: 'MANIFEST_INVALID' })
    assert.equal((await show({ manifest, manifestText, address: 'here' }, {})).trust, 'claimed')
    const withKey = await list(one.storage, '', {}, unlock, onlooker)
    assert.deepEqual([withKey.backups.length, withKey.damaged[0]?.error.code], [0, 'MANIFEST_INVALID'])
    const without = await list(one.storage, '', {}, {}, onlooker)
    assert.equal(without.backups[0]?.trust, 'claimed')
  })

  it('of a backup that is not encrypted is found too, when the edit was careless', async () => {
    const one = await storeText(memoryStorage(), { encrypted: false })
    await edit(one, (text) => text.replace('"status": "proven"', '"status": "checked"'))
    await assert.rejects(open(one), { code: 'MANIFEST_INVALID' })
    const listing = await list(one.storage, '', {}, {}, onlooker)
    assert.equal(listing.damaged[0]?.error.code, 'MANIFEST_INVALID')
  })

  it('to say that it is not encrypted does not get past the key', async () => {
    const one = await storeText()
    await edit(one, (text) => {
      const { sealed, ...rest } = JSON.parse(text) as Record<string, unknown>
      assert.equal(typeof sealed, 'string')
      return JSON.stringify({ ...rest, encryption: { scheme: 'none' } })
    })
    await assert.rejects(open(one), { code: 'MANIFEST_INVALID' })
  })

  it('stays a claim under the key of another backup, which alone cannot open it', async () => {
    const one = await storeText()
    const other: Unlock = { key: parseFernetKey(generateFernetKey()) }
    const { backups } = await list(one.storage, '', {}, other, onlooker)
    assert.equal(backups[0]?.trust, 'claimed')
    await assert.rejects(open(one, other), { code: 'KEY_WRONG' })
    await assert.rejects(open(one, {}), { code: 'USAGE' })
  })

  it('fits no other artifact, though both are of one key', async () => {
    const storage = memoryStorage()
    const [one, two] = [await storeText(storage, { content: 'one' }), await storeText(storage, { content: 'two' })]
    await replace(storage, one.key, await read(storage, two.key))
    const result = await verifyText(one)
    assert.equal(result.error?.code, 'ARTIFACT_CORRUPT')
  })
})

describe('restore', () => {
  it('puts back what was backed up', async () => {
    const one = await storeText()
    const { backup: opened } = await open(one)
    const engine = textEngine(one.databases)
    const target = { database: 'again', flags: {}, replace: false }
    const dry = await restore({ engine, backup: opened, target, dryRun: true }, context)
    assert.deepEqual([dry.outcome, one.databases.has('again')], ['dry run', false])
    await restore({ engine, backup: opened, target, dryRun: false }, context)
    assert.equal(one.databases.get('again'), 'a row\n')
  })

  it('refuses an occupied target before it reads a byte', async () => {
    const one = await storeText()
    const { found, backup: opened } = await open(one)
    const unread = { ...opened, members: opened.members.map((m) => ({ ...m, open: () => assert.fail('read') })) }
    const target = { database: 'shop', flags: {}, replace: false }
    assert.ok(found)
    const restoring = restore({ engine: textEngine(one.databases), backup: unread, target, dryRun: false }, context)
    await assert.rejects(restoring, { code: 'TARGET_NOT_EMPTY' })
  })

  it('says of an occupied target what the engine notes about it, such as what a killed restore has left there', async () => {
    const one = await storeText()
    const { backup: opened } = await open(one)
    const notes = ['2 of its tables were left by a restore that was killed']
    const engine = textEngine(one.databases, {
      inspect: async () => ({ state: 'occupied', description: 'shop, 3 tables', notes }),
    })
    const target = { database: 'shop', flags: {}, replace: false }
    await assert.rejects(restore({ engine, backup: opened, target, dryRun: false }, context), (error) => {
      assert.ok(error instanceof DbvaultError)
      assert.deepEqual(error.hints.slice(0, -1), notes)
      return true
    })
  })

  it('does not begin with a damaged artifact, and says so in a dry run too', async () => {
    const one = await storeText()
    const { backup: opened } = await open(one)
    const bytes = Buffer.from(await read(one.storage, one.key))
    await replace(one.storage, one.key, bytes.subarray(0, -4))
    const engine = textEngine(one.databases, { restore: () => assert.fail('begun') })
    const target = { database: 'again', flags: {}, replace: false }
    for (const dryRun of [true, false]) {
      await assert.rejects(restore({ engine, backup: opened, target, dryRun }, context), { code: 'ARTIFACT_CORRUPT' })
    }
  })
})

describe('copy', () => {
  it('copies bytes and manifest untouched, and leaves no marker', async () => {
    const one = await storeText()
    const target = memoryStorage('target')
    const { found } = await open(one)
    await copyBackup(found, { storage: target, prefix: 'far/' }, context)
    assert.deepEqual(await keysIn(target), [`far/${one.key}`, `far/${one.key}.json`])
    for (const key of [one.key, `${one.key}.json`]) {
      assert.equal(await read(target, `far/${key}`), await read(one.storage, key))
    }
  })

  it('leaves nothing at the target when the artifact is damaged, or its manifest is there already', async () => {
    const one = await storeText()
    const { found } = await open(one)
    const target = memoryStorage('target')
    await put(target, `${one.key}.json`, 'theirs')
    await assert.rejects(copyBackup(found, { storage: target, prefix: '' }, context), { code: 'OBJECT_EXISTS' })
    assert.deepEqual(await keysIn(target), [`${one.key}.json`])
    assert.equal(await read(target, `${one.key}.json`), 'theirs')
    await target.delete(`${one.key}.json`, onlooker)
    await replace(one.storage, one.key, 'other bytes')
    await assert.rejects(copyBackup(found, { storage: target, prefix: '' }, context), { code: 'ARTIFACT_CORRUPT' })
    assert.deepEqual(await keysIn(target), [])
  })

  it('does not pass on a manifest that was changed, where that can be seen without a key', async () => {
    const one = await storeText(memoryStorage(), { encrypted: false })
    const text = await read(one.storage, `${one.key}.json`)
    await replace(one.storage, `${one.key}.json`, text.replace('"proven"', '"unproven"'))
    const target = memoryStorage('target')
    const found = (await findAtKey(one.storage, one.key, onlooker)) as Required<FoundBackup>
    await assert.rejects(copyBackup(found, { storage: target, prefix: '' }, context), { code: 'MANIFEST_INVALID' })
    assert.deepEqual(await keysIn(target), [])
  })

  it('is content with a backup that is there already, and refuses to mend one that is not whole', async () => {
    const one = await storeText()
    const { found } = await open(one)
    const target = memoryStorage('target')
    const copy = () => copyBackup(found, { storage: target, prefix: '' }, context)
    const { copied: first, ...result } = await copy()
    assert.deepEqual(await copy(), { ...result, copied: false })
    assert.equal(first, true)
    assert.equal((await keysIn(target)).length, 2)
    await replace(target, one.key, 'torn')
    await assert.rejects(copy(), { code: 'OBJECT_EXISTS' })
    assert.equal(await read(target, one.key), 'torn')
  })
})

describe('a sample', () => {
  it('is as many of the items as were asked for, each once, in their order', () => {
    const items = Array.from({ length: 20 }, (_, index) => index)
    for (const count of [0, 1, 7, 20, 30]) {
      const chosen = sample(items, count)
      assert.equal(chosen.length, Math.min(count, items.length))
      assert.deepEqual(
        chosen,
        [...new Set(chosen)].sort((a, b) => a - b),
      )
    }
  })
})
