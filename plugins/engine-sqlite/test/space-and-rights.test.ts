import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import engine from '../src/index.ts'
import { dumpTo, proveFile, rejected, restoreFile } from './support/exam.ts'
import { at } from './support/harness.ts'
import { sqlOf, Workshop } from './support/workshop.ts'

const NOBODY = 65_534
const asRoot = process.getuid?.() === 0 ? it : it.skip
const LARGE = 'CREATE TABLE t(a); INSERT INTO t VALUES (randomblob(6000000))'

/** A file system of 4 MiB. */
async function inSmallSpace(use: (path: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync('/tmp/dbvault-small-')
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', root])
  try {
    await use(root)
  } finally {
    execFileSync('umount', [root])
    rmdirSync(root)
  }
}

async function withTemporaryIn(root: string, use: () => Promise<void>): Promise<void> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = root
  try {
    await use()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

async function asNobody(use: () => Promise<void>): Promise<void> {
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  try {
    await use()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

describe('without space', () => {
  asRoot('for the copy, a dump is STORAGE_FULL and leaves nothing', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', LARGE)
    await inSmallSpace((root) =>
      withTemporaryIn(root, async () => {
        await using host = testHost()
        const said = await rejected(dumpTo(workshop.path('copy.db'), source, { host }), 'STORAGE_FULL')
        assert.match(said, /--temp-dir/)
        assert.deepEqual(readdirSync(host.tempRoot), [])
      }),
    )
  })

  asRoot('for scratch, a proof is PROOF_UNFINISHED and leaves nothing', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', LARGE)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    await inSmallSpace((root) =>
      withTemporaryIn(root, async () => {
        await using host = testHost()
        await rejected(proveFile(workshop.path('copy.db'), fingerprint, { host }), 'PROOF_UNFINISHED')
        assert.deepEqual(readdirSync(host.tempRoot), [])
      }),
    )
  })

  asRoot('for the target, a restore is STORAGE_FULL and leaves what was there', async () => {
    using workshop = new Workshop()
    const dump = workshop.sql('dump.db', LARGE)
    await inSmallSpace(async (root) => {
      const target = join(root, 'target.db')
      execFileSync('sqlite3', [target, 'CREATE TABLE old(a)'])
      await rejected(restoreFile(dump, target, { replace: true }), 'STORAGE_FULL')
      assert.deepEqual(readdirSync(root), ['target.db'])
      assert.match(sqlOf(target), /old/)
    })
  })
})

describe('without rights', () => {
  asRoot('to the file or its directory, a source is SOURCE_DENIED', async () => {
    using workshop = new Workshop()
    chmodSync(workshop.directory, 0o755)
    const source = workshop.sql('source.db', 'CREATE TABLE t(a)')
    chmodSync(source, 0o600)
    mkdirSync(workshop.path('closed'), 0o700)
    workshop.sql('closed/source.db', 'CREATE TABLE t(a)')
    await using host = testHost()
    await asNobody(async () => {
      await rejected(engine.probe(at(source), host), 'SOURCE_DENIED')
      await rejected(engine.probe(at(workshop.path('closed/source.db')), host), 'SOURCE_DENIED')
    })
  })

  asRoot('to write beside it, a WAL database is SOURCE_DENIED with the reason, and another one is dumped', async () => {
    using workshop = new Workshop()
    chmodSync(workshop.directory, 0o755)
    const wal = workshop.sql('wal.db', 'PRAGMA journal_mode = WAL; CREATE TABLE t(a)')
    const plain = workshop.sql('plain.db', 'CREATE TABLE t(a)')
    mkdirSync(workshop.path('temporary'))
    chownSync(workshop.path('temporary'), NOBODY, NOBODY)
    await withTemporaryIn(workshop.path('temporary'), () =>
      asNobody(async () => {
        await using host = testHost()
        const said = await rejected(engine.probe(at(wal), host), 'SOURCE_DENIED')
        assert.match(said, /WAL mode[^]*may write to the directory/)
        await dumpTo(workshop.path('temporary/copy.db'), plain, { host })
      }),
    )
    assert.ok(existsSync(workshop.path('temporary/copy.db')))
  })

  asRoot('to write there, a restore is STORAGE_DENIED', async () => {
    using workshop = new Workshop()
    const dump = workshop.sql('dump.db', 'CREATE TABLE t(a)')
    chmodSync(workshop.directory, 0o755)
    mkdirSync(workshop.path('temporary'))
    chownSync(workshop.path('temporary'), NOBODY, NOBODY)
    await withTemporaryIn(workshop.path('temporary'), () =>
      asNobody(() => rejected(restoreFile(dump, workshop.path('target.db')), 'STORAGE_DENIED').then(() => {})),
    )
    assert.ok(!existsSync(workshop.path('target.db')))
  })
})
