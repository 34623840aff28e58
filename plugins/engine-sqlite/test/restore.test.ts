import { describe, it } from 'mocha'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { testHost } from 'dbvault/testing'
import engine from '../src/index.ts'
import { dumpTo, rejected, restoreFile, storedAt } from './support/exam.ts'
import { at } from './support/harness.ts'
import { sqlOf, Workshop } from './support/workshop.ts'

const NEW = `CREATE TABLE t(a); INSERT INTO t VALUES ('new')`
const OLD = `CREATE TABLE t(a); INSERT INTO t VALUES ('old')`

async function dumped(workshop: Workshop, mode = 'WAL'): Promise<string> {
  const source = workshop.sql('source.db', `PRAGMA journal_mode = ${mode}; ${NEW}`)
  await dumpTo(workshop.path('dump.db'), source)
  return workshop.path('dump.db')
}

/** A WAL database whose last rows are only in its -wal, as a killed application leaves it. */
function crashed(workshop: Workshop, name: string): string {
  using live = new DatabaseSync(workshop.path(`live-${name}`))
  live.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; ${OLD}`)
  for (const suffix of ['', '-wal', '-shm'])
    copyFileSync(workshop.path(`live-${name}${suffix}`), workshop.path(name + suffix))
  return workshop.path(name)
}

/** What the next program finds that may write: it first rolls back what was begun. In a copy, so that a restore meets it too. */
function recovered(workshop: Workshop, name: string): string {
  const copy = workshop.path(`recovered-${name}`)
  for (const suffix of ['', '-wal', '-journal'])
    if (existsSync(workshop.path(name + suffix))) copyFileSync(workshop.path(name + suffix), copy + suffix)
  return execFileSync('sqlite3', [copy, '.dump'], { encoding: 'utf8' })
}

function names(workshop: Workshop, start: string): string[] {
  return readdirSync(workshop.directory).filter((name) => name.startsWith(start) || name.startsWith('.'))
}

describe('a restore', () => {
  it('makes a file that only its owner can read, byte for byte what was dumped', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = workshop.path('target.db')
    assert.equal((await restoreFile(dump, target)).outcome, 'restorable')
    assert.equal(statSync(target).mode & 0o777, 0o600)
    assert.deepEqual(readFileSync(target), readFileSync(dump))
    assert.deepEqual(names(workshop, 'target'), ['target.db'])
  })

  it('refuses a database that came to be while it was running', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = workshop.path('target.db')
    const [member] = storedAt(dump)
    assert.ok(member)
    await using host = testHost()
    const late = {
      ...member,
      async open() {
        workshop.sql('target.db', OLD)
        return createReadStream(dump)
      },
    }
    const restored = engine.restore({ stored: [late], target: { ...at(target), replace: false } }, host)
    await rejected(restored, 'TARGET_NOT_EMPTY')
    assert.match(sqlOf(target), /old/)
    assert.deepEqual(names(workshop, 'target'), ['target.db'])
  })

  it('goes into an empty file, and refuses one that is empty no more', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = workshop.path('target.db')
    writeFileSync(target, '')
    chmodSync(target, 0o640)
    await using host = testHost()
    assert.equal((await engine.inspect({ ...at(target), replace: false }, host)).state, 'empty')
    await restoreFile(dump, target)
    assert.match(sqlOf(target), /new/)
    assert.equal(statSync(target).mode & 0o777, 0o640)
    await rejected(restoreFile(dump, target), 'TARGET_NOT_EMPTY')

    const filled = workshop.path('filled.db')
    writeFileSync(filled, '')
    const [member] = storedAt(dump)
    assert.ok(member)
    const late = {
      ...member,
      async open() {
        workshop.sql('filled.db', `PRAGMA journal_mode = WAL; ${OLD}`)
        return createReadStream(dump)
      },
    }
    const refused = engine.restore({ stored: [late], target: { ...at(filled), replace: false } }, host)
    await rejected(refused, 'TARGET_NOT_EMPTY')
    assert.match(sqlOf(filled), /old/)
  })

  it('takes logs without their database for something that is there', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = workshop.path('target.db')
    writeFileSync(`${target}-wal`, 'something')
    await using host = testHost()
    const { state, notes } = await engine.inspect({ ...at(target), replace: false }, host)
    assert.equal(state, 'occupied')
    assert.match(notes?.join() ?? '', /target\.db-wal/)
    await rejected(restoreFile(dump, target), 'TARGET_NOT_EMPTY')
    await restoreFile(dump, target, { replace: true })
    assert.ok(!existsSync(`${target}-wal`))
    assert.match(sqlOf(target), /new/)
  })

  it('refuses a directory, a missing directory and a dangling link', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    mkdirSync(workshop.path('directory'))
    symlinkSync(workshop.path('nothing'), workshop.path('dangling'))
    await rejected(restoreFile(dump, workshop.path('directory'), { replace: true }), 'USAGE')
    await rejected(restoreFile(dump, workshop.path('no/such.db')), 'SOURCE_NOT_FOUND')
    await rejected(restoreFile(dump, workshop.path('dangling'), { replace: true }), 'SOURCE_NOT_FOUND')
    await rejected(restoreFile(dump, ''), 'USAGE')
    await rejected(restoreFile(dump, '/dev/full', { replace: true }), 'USAGE')
  })

  it('tells of what a killed restore has left', async () => {
    using workshop = new Workshop()
    writeFileSync(workshop.path('.dbvault-restore-0011223344556677'), 'half')
    await using host = testHost()
    const { state, notes } = await engine.inspect({ ...at(workshop.path('target.db')), replace: false }, host)
    assert.equal(state, 'absent')
    assert.match(notes?.join() ?? '', /\.dbvault-restore-0011223344556677/)
  })
})

describe('a restore that replaces', () => {
  for (const mode of ['WAL', 'DELETE', 'PERSIST', 'TRUNCATE']) {
    it(`leaves nothing of a ${mode} database but its owner and mode`, async () => {
      using workshop = new Workshop()
      const dump = await dumped(workshop, mode)
      const target = workshop.sql('target.db', `PRAGMA journal_mode = ${mode}; ${OLD}`)
      chmodSync(target, 0o644)
      await restoreFile(dump, target, { replace: true })
      assert.deepEqual(readFileSync(target), readFileSync(dump))
      assert.equal(statSync(target).mode & 0o777, 0o644)
      assert.deepEqual(names(workshop, 'target'), ['target.db'])
    })
  }

  it('removes a -wal that would turn the new database into the old one', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = crashed(workshop, 'target.db')
    await restoreFile(dump, target, { replace: true })
    assert.match(sqlOf(target), /new/)
    assert.deepEqual(readFileSync(target), readFileSync(dump))
  })

  it('that is refused leaves the rows that were only in the -wal', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = crashed(workshop, 'target.db')
    using reader = new DatabaseSync(target)
    reader.exec('BEGIN; SELECT * FROM t')
    await rejected(restoreFile(dump, target, { replace: true, busyTimeout: 100 }), 'RESTORE_FAILED')
    reader.close()
    assert.match(sqlOf(target), /old/)
  })

  for (const mode of ['WAL', 'DELETE']) {
    it(`refuses a ${mode} database that another process has open, even idle`, async () => {
      using workshop = new Workshop()
      const dump = await dumped(workshop)
      const target = workshop.sql('target.db', `PRAGMA journal_mode = ${mode}; ${OLD}`)
      const shell = spawn('sqlite3', [target], { stdio: ['pipe', 'pipe', 'inherit'] })
      shell.stdin.write('SELECT * FROM t;\n')
      await once(shell.stdout, 'data')
      const refused = restoreFile(dump, target, { replace: true, busyTimeout: 100 })
      assert.match(await rejected(refused, 'RESTORE_FAILED'), /in use by sqlite3 \(pid \d+\)/)
      shell.stdin.end()
      await once(shell, 'close')
      assert.match(sqlOf(target), /old/)
      await restoreFile(dump, target, { replace: true })
      assert.match(sqlOf(target), /new/)
    })
  }

  it('follows a symbolic link to the file that it names', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    mkdirSync(workshop.path('real'))
    const target = workshop.sql('real/target.db', OLD)
    symlinkSync(target, workshop.path('link.db'))
    await restoreFile(dump, workshop.path('link.db'), { replace: true })
    assert.deepEqual(readFileSync(target), readFileSync(dump))
    assert.deepEqual(readFileSync(workshop.path('link.db')), readFileSync(dump))
  })

  it('takes the place of a file that is no database, but not when a log lies beside it', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const target = workshop.path('target.db')
    writeFileSync(target, 'x'.repeat(10_000))
    writeFileSync(`${target}-wal`, 'something')
    assert.match(
      await rejected(restoreFile(dump, target, { replace: true }), 'RESTORE_FAILED'),
      /move the three files away/,
    )
    assert.equal(readFileSync(`${target}-wal`, 'utf8'), 'something')
    writeFileSync(`${target}-wal`, '')
    await restoreFile(dump, target, { replace: true })
    assert.deepEqual(readFileSync(target), readFileSync(dump))
    assert.ok(!existsSync(`${target}-wal`))
  })

  it('may replace the source of the backup itself', async () => {
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const source = workshop.sql('source.db', `UPDATE t SET a = 'later'`)
    await rejected(restoreFile(dump, source), 'TARGET_NOT_EMPTY')
    await restoreFile(dump, source, { replace: true })
    assert.match(sqlOf(source), /new/)
  })

  it('leaves the old or the new database whenever it is killed', async function () {
    this.timeout(120_000)
    using workshop = new Workshop()
    const dump = await dumped(workshop)
    const script = new URL('./support/restore-once.ts', import.meta.url).pathname
    const seen = new Set<string>()
    for (let round = 0; round < 24; round++) {
      const target = crashed(workshop, `target${round}.db`)
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, dump, target], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      const killer = setTimeout(() => child.kill('SIGKILL'), round * 10)
      await once(child, 'close')
      clearTimeout(killer)
      const content = recovered(workshop, `target${round}.db`)
      assert.match(content, /'(?:old|new)'/)
      seen.add(content.includes('new') ? 'new' : 'old')
      await restoreFile(dump, target, { replace: true })
      assert.match(sqlOf(target), /new/)
    }
    assert.ok(seen.has('old'), 'some were killed before')
  })
})
