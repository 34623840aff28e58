import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import engine from '../dist/index.js'

describe('a store of JSON Lines', () => {
  let host: TestHost
  let home: string
  let store: string
  beforeEach(async () => {
    host = testHost()
    home = await mkdtemp(join(tmpdir(), 'jsonl-'))
    store = join(home, 'store')
    await mkdir(store)
    await writeFile(join(store, 'a.jsonl'), '1\n2\n')
    await writeFile(join(store, 'b.jsonl'), '3\n')
  })
  afterEach(async () => {
    await host[Symbol.asyncDispose]()
    await rm(home, { recursive: true })
  })

  const source = (ignoring?: boolean) => ({ database: store, flags: { 'ignore-others': ignoring } })
  const restored = (replace: boolean) => ({ database: join(home, 'target'), replace, flags: source().flags })

  async function dumped(): Promise<Buffer> {
    await using dump = engine.dump({ source: source(), fingerprint: false }, host)
    for await (const { bytes } of dump.members) return buffer(bytes)
    throw new Error('no member')
  }

  const stored = (bytes: Uint8Array): readonly Stored[] => [
    { name: 'main', format: engine.descriptor.formats[0], open: async () => Readable.from([bytes]) },
  ]

  const rejects = (promise: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
    assert.rejects(promise, (error: Error & { code?: string }) => {
      assert.equal(error.code, code, error.stack)
      assert.match(error.message, message)
      return true
    })

  it('is incomplete with anything else in it, unless that is to be ignored', async () => {
    assert.deepEqual((await engine.probe(source(), host)).findings, [])
    await mkdir(join(store, 'folder.jsonl'))
    await symlink('/etc/passwd', join(store, 'link.jsonl'))
    await writeFile(join(store, 'notes.txt'), '')
    const [finding] = (await engine.probe(source(), host)).findings
    assert.equal(finding?.severity, 'incomplete')
    assert.match(finding.message, /"folder\.jsonl", "link\.jsonl", "notes\.txt" would not be backed up/)
    assert.deepEqual(
      (await engine.probe(source(true), host)).findings.map(({ severity }) => severity),
      ['warning'],
    )
  })

  it('is not dumped with a line that is no JSON, and the line is named and not shown', async () => {
    await writeFile(join(store, 'b.jsonl'), '3\nsecret\n')
    await rejects(dumped(), 'SOURCE_CORRUPT', /^Line 2 of .*b\.jsonl is no JSON$/)
    await writeFile(join(store, 'b.jsonl'), Buffer.from('"\xff"\n', 'latin1'))
    await rejects(dumped(), 'SOURCE_CORRUPT', /^Line 1 of/)
  })

  it('is not proven when a dump has lost, gained or changed anything', async () => {
    const whole = await dumped()
    assert.deepEqual(await engine.check(stored(whole), host), { checked: { files: 2, lines: 3 } })
    for (let at = 0; at < whole.length; at++) {
      await rejects(engine.check(stored(whole.subarray(0, at)), host), 'PROOF_FAILED', /^The dump /)
      const flipped = Buffer.from(whole)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      await rejects(engine.check(stored(flipped), host), 'PROOF_FAILED', /^The dump /)
    }
    await rejects(
      engine.check(stored(Buffer.concat([whole, Buffer.from('\n')])), host),
      'PROOF_FAILED',
      /after its end/,
    )
  })

  it('is not restored to where a dump that lies about names would have it', async () => {
    const lying = (await dumped()).toString().replace('"a.jsonl"', '"../a.jsonl"')
    await rejects(
      engine.restore({ stored: stored(Buffer.from(lying)), target: restored(false) }, host),
      'PROOF_FAILED',
      /name/,
    )
    assert.deepEqual(await readdir(home), ['store'])
  })

  it('is put back first where a restore over it was killed between its two renames', async () => {
    const { database } = restored(true)
    await mkdir(database)
    await writeFile(join(database, 'former.jsonl'), '"former"\n')
    await rename(database, join(home, '.target.dbvault-old-1'))
    const { state, notes = [] } = await engine.inspect(restored(true), host)
    assert.equal(state, 'absent')
    assert.match(String(notes), /\.target\.dbvault-old-1/)
    const whole = await dumped()
    const refused = engine.restore({ stored: stored(whole), target: restored(false) }, host)
    await rejects(refused, 'TARGET_NOT_EMPTY', /is there already/)
    assert.equal(await readFile(join(database, 'former.jsonl'), 'utf8'), '"former"\n')
    await mkdir(join(home, '.target.dbvault-old-2'))
    const unclear = engine.restore({ stored: stored(whole), target: restored(true) }, host)
    await rejects(unclear, 'RESTORE_FAILED', /dbvault-old-2 is still there/)
    await rm(join(home, '.target.dbvault-old-2'), { recursive: true })
    await engine.restore({ stored: stored(whole), target: restored(true) }, host)
    assert.deepEqual(await readdir(database), ['a.jsonl', 'b.jsonl'])
    assert.deepEqual((await readdir(home)).sort(), ['store', 'target'])
  })
})
