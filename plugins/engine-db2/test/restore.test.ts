import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, it } from 'mocha'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { said } from './stand-in/answer.ts'
import type { Content } from './stand-in/state.ts'
import { dump, prove, rejected, type Dumped } from './support/exam.ts'
import { StandIn } from './support/instance.ts'
import { archiving } from './support/shop.ts'

const OLD: Partial<Content> = { tables: [], objects: { views: 9 } }

describe('a Db2 restore', function () {
  needs('linux')
  this.timeout(60_000)

  const instance = new StandIn()
  const { state } = instance
  afterEach(() => {
    instance.fail({})
    // Whatever happened, no scratch database and no copy that was kept is left.
    assert.deepEqual(
      state.aliases().filter((name) => name.startsWith('DBV')),
      [],
    )
  })
  after(() => instance[Symbol.dispose]())

  let online: Promise<Dumped> | undefined
  const dumpOf = (content: Partial<Content>): Promise<Dumped> => dump(instance.source(instance.create(content)))
  /** One for all: a restore does not change it. */
  const dumped = (): Promise<Dumped> => (online ??= dumpOf(archiving))
  const restore = ({ stored, fingerprint }: Dumped, database: string, replace = false, host = testHost(), given = {}) =>
    engine.restore({ stored, expected: fingerprint, target: { ...instance.source(database, given), replace } }, host)
  const failing = async (made: Dumped, database: string, code: string, host = testHost()): Promise<string> => {
    const before = instance.content(database)
    const message = await rejected(restore(made, database, true, host), code)
    assert.equal(instance.content(database), before)
    assert.deepEqual(readdirSync(host.tempRoot), [])
    return message
  }

  it('rolls an online image forward with the logs that came in it, and an offline one not at all', async () => {
    for (const [content, forward] of [
      [archiving, true],
      [{}, false],
    ] as const) {
      const before = instance.calls().length
      const database = instance.free()
      await restore(await dumpOf(content), database)
      const calls = instance.calls().slice(before)
      const restored = String(calls.find((call) => call.startsWith('RESTORE')))
      assert.equal(restored.includes(' WITHOUT ROLLING FORWARD '), !forward)
      const rolled = calls.filter((call) => call.startsWith('ROLLFORWARD'))
      assert.equal(rolled.length, forward ? 1 : 0)
      assert.equal(state.read(database)?.pending, undefined)
    }
  })

  it('drops what it made when Db2 says that it restored and did not, or warns that something is missing', async () => {
    const made = await dumped()
    for (const [fault, says] of [
      [{ lie: true }, /could not be restored/],
      [{ transcript: said('sql2563w') }, /table spaces of the image were not restored/],
      [{ transcript: said('sql2540w-2563') }, /warning "2563"/],
      [{ transcript: said('sql2530n') }, /SQL2530N/],
      [{ transcript: { output: '', code: 0 } }, /could not be restored/],
    ] as const) {
      const database = instance.free()
      instance.fail({ RESTORE: fault })
      assert.match(await failing(made, database, 'RESTORE_FAILED'), says)
      assert.equal(state.entry(database), undefined)
    }
  })

  it('drops what it made when it cannot be rolled forward to the end of the backup', async () => {
    const made = await dumped()
    for (const [fault, says] of [
      [{ transcript: said('sql1273n') }, /SQL1273N/],
      [{ transcript: said('rollforward-pending') }, /was not rolled forward to the end of the backup/],
      [{ lie: true }, /was not rolled forward to the end of the backup/],
    ] as const) {
      const database = instance.free()
      instance.fail({ ROLLFORWARD: fault })
      assert.match(await failing(made, database, 'RESTORE_FAILED'), says)
      assert.equal(state.entry(database), undefined)
    }
  })

  it('is refused when a database of that name was there, also when Db2 has overwritten it by then', async () => {
    const made = await dumped()
    const database = instance.create(OLD)
    assert.match(await rejected(restore(made, database), 'TARGET_NOT_EMPTY'), /database SHOP\d+ in .*\n.*--replace/)
    instance.fail({ RESTORE: { rival: true } })
    const late = instance.free()
    const said = await rejected(restore(made, late), 'RESTORE_FAILED')
    assert.match(said, /was made while this restored, and was overwritten \(SQL2540W\)/)
    // It is not ours to be dropped.
    assert.ok(state.entry(late))
  })

  it('replaces only what a copy is kept of, after the image was tried beside it', async () => {
    const made = await dumped()
    const database = instance.create(OLD)
    const before = instance.calls().length
    const host = testHost()
    await restore(made, database, true, host)
    const steps = instance
      .calls()
      .slice(before)
      .flatMap(
        (call) =>
          /^(BACKUP|RESTORE|DROP) .*?(?:INTO (?:DBV|\w+).*?(REPLACE EXISTING)?)? WITHOUT|^DROP/.exec(call)?.[0] ?? [],
      )
    assert.match(
      steps.join('\n'),
      /^RESTORE .* INTO DBV\w{5} .*\nDROP\nBACKUP .*dbvault-kept-.*\nRESTORE .* INTO SHOP\d+ .*REPLACE EXISTING/,
    )
    assert.deepEqual(readdirSync(host.tempRoot), [])
  })

  it('leaves a database that somebody is connected to, and says how to end that', async () => {
    const made = await dumped()
    const database = instance.create(OLD)
    const connection = join(state.directory, 'connections', `${database}.1`)
    writeFileSync(connection, '')
    assert.match(await failing(made, database, 'RESTORE_FAILED'), /SQL1035N.*\n.*force application/)
    rmSync(connection)
  })

  it('replaces what a killed restore has left unusable, of which no copy can be kept', async () => {
    for (const pending of ['restore', 'rollforward'] as const) {
      const database = instance.create({ ...OLD, pending })
      const host = testHost()
      await restore(await dumped(), database, true, host)
      assert.equal(state.read(database)?.pending, undefined)
      assert.match(JSON.stringify(host.events), /No copy is kept of SHOP\d+: an earlier restore of it was not finished/)
    }
  })

  it('puts back what it has overwritten when the restore over it fails', async () => {
    const made = await dumped()
    const database = instance.create(OLD)
    instance.fail({ ROLLFORWARD: { transcript: said('sql1273n'), only: ` ${database} ` } })
    assert.match(await failing(made, database, 'RESTORE_FAILED'), /SQL1273N/)
  })

  it('puts back what it has overwritten when it is aborted', async () => {
    const made = await dumped()
    const database = instance.create(OLD)
    const host = testHost()
    instance.fail({ ROLLFORWARD: { hang: true, only: ` ${database} ` } })
    const hanging = event('hanging')
    const aborted = failing(made, database, 'INTERRUPTED', host)
    await hanging
    host.abort()
    await aborted
  })

  it('keeps the copy, and says where, when that cannot be put back either', async () => {
    const made = await dumped()
    const database = instance.create(OLD)
    const host = testHost()
    const full = said('sql0968c')
    instance.fail({
      ROLLFORWARD: { transcript: said('sql1273n'), only: ` ${database} ` },
      RESTORE: { transcript: full, only: `INTO ${database} REPLACE EXISTING WITHOUT ROLLING` },
    })
    const message = await rejected(restore(made, database, true, host), 'RESTORE_FAILED')
    const [, directory, timestamp] = /restore database \w+ from '([^']+)' taken at (\d{14})/.exec(message) ?? []
    assert.ok(directory && timestamp && existsSync(directory), message)
    assert.ok(readdirSync(directory)[0]?.includes(timestamp))
    assert.match(message, /SQL0968C.*\n.*\n.*SQL1273N/)
    assert.ok(host.events.some((each) => each.kind === 'warning' && each.message.includes(directory)))
  })

  it('puts files where it is told to, those of table spaces of their own as well', async () => {
    const spaces = [
      { id: 4, kind: 'SMS', path: '/data/4' },
      { id: 5, kind: 'DMS', path: '/data/5' },
    ] as const
    const made = await dumpOf({ ...archiving, tableSpaces: spaces })
    const storage = mkdtempSync(join(tmpdir(), 'db2-storage-'))
    const database = instance.free()
    const before = instance.calls().length
    try {
      // Its files are in use by the database that was dumped.
      assert.match(await rejected(restore(made, instance.free()), 'RESTORE_FAILED'), /SQL0294N.*\n.*--db2-storage-path/)
      await restore(made, database, false, testHost(), { 'storage-path': storage })
      const calls = instance.calls().slice(before).join('\n')
      assert.match(
        calls,
        new RegExp(`RESTORE .* ON '${storage}' DBPATH ON '${storage}' INTO ${database} .* NEWLOGPATH DEFAULT REDIRECT`),
      )
      assert.match(calls, new RegExp(`CONTAINERS FOR 4 USING \\(PATH '${storage}/${database}-tablespace-4'\\)`))
      assert.match(calls, new RegExp(`CONTAINERS FOR 5 USING \\(FILE '${storage}/${database}-tablespace-5' 1000\\)`))
      assert.equal(state.entry(database)?.path, storage)
      state.drop(database)
    } finally {
      rmSync(storage, { recursive: true })
    }
  })

  function event(name: string): Promise<void> {
    return new Promise((resolve) => {
      const watching = watch(state.directory, (_, changed) => {
        if (changed !== name) return
        watching.close()
        resolve()
      })
    })
  }
})

describe('a proof of a Db2 backup', function () {
  needs('linux')
  this.timeout(60_000)

  const instance = new StandIn()
  const { state } = instance
  afterEach(() => instance.fail({}))
  after(() => instance[Symbol.dispose]())

  let online: Promise<Dumped> | undefined
  const made = (): Promise<Dumped> => (online ??= dump(instance.source(instance.create(archiving))))

  it('goes into a database of a temporary directory, whose logs are not archived, and which is dropped', async () => {
    const dumped = await made()
    const before = instance.calls().length
    const source = instance.source(instance.create())
    assert.equal((await prove(dumped, source)).outcome, 'equal')
    const calls = instance.calls().slice(before).join('\n')
    assert.match(calls, /INTO (DBV\w{5}) LOGTARGET '.*\/archived' NEWLOGPATH '.*\/log' WITHOUT PROMPTING/)
    assert.match(calls, /UPDATE DATABASE CONFIGURATION FOR DBV\w{5} USING LOGARCHMETH1 OFF LOGARCHMETH2 OFF/)
    assert.match(calls, /DROP DATABASE DBV\w{5}$/)
  })

  for (const [message, code] of [
    ['sql0968c', 'PROOF_UNFINISHED'],
    ['sql1092n', 'PROOF_UNFINISHED'],
    ['sql2025n', 'PROOF_UNFINISHED'],
    ['sql2036n', 'PROOF_UNFINISHED'],
    ['sql2530n', 'PROOF_FAILED'],
    ['sql2542n', 'PROOF_FAILED'],
  ] as const) {
    it(`throws ${code} when the restore is answered by ${message.toUpperCase()}`, async () => {
      const dumped = await made()
      instance.fail({ RESTORE: { transcript: said(message) } })
      const source = instance.source(instance.create())
      assert.match(await rejected(prove(dumped, source), code), new RegExp(message.toUpperCase()))
    })
  }

  it('throws PROOF_FAILED when db2ckbkp does not find the image sound, and restores nothing', async () => {
    const dumped = await made()
    instance.fail({
      db2ckbkp: { transcript: { output: 'Image Verification Complete - ERRORS DETECTED: 2\n', code: 0 } },
    })
    const before = instance.calls().length
    await rejected(prove(dumped, instance.source(instance.create())), 'PROOF_FAILED')
    assert.ok(
      !instance
        .calls()
        .slice(before)
        .some((call) => call.startsWith('RESTORE')),
    )
  })

  it('is refused where there is nowhere to restore to', async () => {
    const { stored, fingerprint } = await made()
    const { flags } = instance.source('A')
    for (const mode of ['private', 'url'] as const) {
      const { scratch } = await engine.probe(instance.source(instance.create()), testHost(), { mode })
      assert.equal(scratch.possible, false)
      const proof = engine.prove({ stored, expected: fingerprint, scratch: { mode, flags } }, testHost())
      assert.match(await rejected(proof, 'PROOF_UNFINISHED'), /--scratch source/)
    }
  })

  it('says so when the scratch database cannot be dropped', async () => {
    const dumped = await made()
    const host = testHost()
    instance.fail({ DROP: { transcript: said('sql1092n') } })
    assert.equal((await prove(dumped, instance.source(instance.create()), host)).outcome, 'equal')
    const [warning] = host.events.filter(({ kind }) => kind === 'warning')
    assert.match(
      JSON.stringify(warning),
      /DBV\w{5} that this run made could not be dropped: .*SQL1092N.*db2 drop database DBV/,
    )
    for (const name of state.aliases().filter((alias) => alias.startsWith('DBV'))) state.drop(name)
  })

  it('forgets scratch databases whose temporary directory is gone with the run, and no other', async () => {
    const dumped = await made()
    const living = mkdtempSync(join(tmpdir(), 'dbvault-'))
    mkdirSync(join(living, 'files', 'database'), { recursive: true })
    state.catalog('DBVDEAD0', { name: 'DBVDEAD0', path: '/tmp/dbvault-zzzzzz/files/database' })
    state.catalog('DBVLIVE0', { name: 'DBVLIVE0', path: join(living, 'files', 'database') })
    state.catalog('DBVUSER0', { name: 'DBVUSER0', path: '/nonexistent/of/a/user' })
    const host = testHost()
    await prove(dumped, instance.source(instance.create()), host)
    const left = state.aliases().filter((alias) => alias.startsWith('DBV'))
    assert.deepEqual(left, ['DBVLIVE0', 'DBVUSER0'])
    assert.match(JSON.stringify(host.events), /Forgot DBVDEAD0/)
    for (const alias of left) state.uncatalog(alias)
    rmSync(living, { recursive: true })
  })

  it('finds rows that are missing, more, other, and objects that are gone', async () => {
    const { stored, fingerprint } = await dump(instance.source(instance.create()))
    const { tables, ...rest } = fingerprint as unknown as { tables: { name: string; rows: string }[] }
    const [orders, ...others] = tables
    const source = instance.source(instance.create())
    const altered = {
      ...rest,
      tables: [
        { ...orders, rows: '1' },
        ...others.slice(0, 1),
        { ...others[1], columns: 9 },
        { ...orders, name: 'X.GONE' },
      ],
      objects: { views: 3, triggers: 1 },
    }
    const proof = await prove({ stored, fingerprint: altered as never, bytes: Buffer.alloc(0) }, source)
    assert.equal(proof.outcome, 'different')
    assert.deepEqual(proof.differences, [
      'table SHOP.ORDERS has 9000 rows in place of 1',
      'table SHOP.EMPTY has 1 columns in place of 9',
      'table X.GONE is missing',
      '2 views in place of 3',
    ])
  })
})
