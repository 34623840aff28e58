import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, describe, it } from 'mocha'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { NEVER_MET } from '../src/probe.ts'
import { said } from './stand-in/answer.ts'
import { dump, prove, rejected } from './support/exam.ts'
import { change } from './support/harness.ts'
import { StandIn } from './support/instance.ts'
import { archiving } from './support/shop.ts'

describe('a Db2 backup', function () {
  needs('linux')
  this.timeout(60_000)

  const instance = new StandIn()
  afterEach(() => instance.fail({}))
  after(() => instance[Symbol.dispose]())

  it('is said to be of an engine that has not met a live server', async () => {
    const { findings, scratch, version } = await engine.probe(instance.source(instance.create()), testHost())
    assert.equal(version, '11.5.8.0')
    assert.deepEqual(scratch, { possible: true })
    assert.deepEqual(findings[0], { severity: 'warning', message: NEVER_MET })
    assert.match(
      findings.map(({ message }) => message).join('\n'),
      /Nobody can use the database.*\n.*that have such: 1/,
    )
  })

  it('is told to the processor on an unnamed file, without a word of the password on a command line', async () => {
    const database = instance.create(archiving)
    await dump(instance.source(database, { parts: 3, compress: true }))
    const calls = instance.calls()
    assert.match(
      calls.findLast((call) => call.startsWith('db2 -')) ?? '',
      /^db2 -s -t \+p as \d+ of \w+, stdin .*\(deleted\)$/,
    )
    const backup = calls.findLast((call) => call.startsWith('BACKUP'))
    assert.match(
      String(backup),
      /^BACKUP DATABASE SHOP\d+ USER ann USING … ONLINE TO '.*\/1', '.*\/2', '.*\/3' COMPRESS INCLUDE LOGS WITHOUT PROMPTING$/,
    )
  })

  it('counts rows and makes an offline image in one session that has the database alone', async () => {
    const database = instance.create()
    const before = instance.calls().length
    await dump(instance.source(database))
    const session = instance.calls().slice(before).join('\n').split(/^db2 /m).at(-1)
    assert.match(
      String(session),
      /CONNECT TO \w+ IN EXCLUSIVE MODE USER ann(.|\n)*dbv\|rows\|0(.|\n)*\nCONNECT RESET\nBACKUP DATABASE \w+ USER ann USING … TO /,
    )
  })

  it('is online where logs are archived, offline where they are not, or as is asked for', async () => {
    const modes = [
      [archiving, 'auto', true],
      [archiving, 'offline', false],
      [{}, 'auto', false],
    ] as const
    for (const [content, mode, online] of modes) {
      await dump(instance.source(instance.create(content), { mode }))
      const backup = String(instance.calls().findLast((call) => call.startsWith('BACKUP')))
      assert.equal(backup.includes(' ONLINE '), online, backup)
    }
    const asked = engine.probe(instance.source(instance.create(), { mode: 'online' }), testHost())
    assert.match(
      await rejected(asked, 'DUMP_FAILED'),
      /its logs are not archived\n.*LOGARCHMETH1.*\n.*--db2-mode offline/,
    )
  })

  it('compares what nobody wrote to meanwhile, and names what somebody did', async () => {
    const database = instance.create(archiving)
    const host = testHost()
    // The clock is asked for the moment of an image: so this is written after the first count.
    const watching = watch(instance.state.directory, { persistent: false }, (_, name) => {
      if (name !== 'clock') return
      watching.close()
      change(instance.state, database)
    })
    const dumped = await dump(instance.source(database), host)
    const warnings = host.events.filter(({ kind }) => kind === 'warning')
    assert.deepEqual(warnings, [
      {
        kind: 'warning',
        message: 'Written to during the backup, so that their rows are in it but cannot be compared: SHOP.ORDERS',
      },
    ])
    const proof = await prove(dumped, instance.source(database))
    assert.deepEqual(
      [proof.outcome, proof.compared],
      ['equal', { tables: 2, rows: 3, objects: 17, 'tables not compared': 1 }],
    )
  })

  it('counts rows without digesting them on a server before version 11, and says so', async () => {
    const old = new StandIn()
    try {
      old.state.set('version', '10.5.0.11')
      const database = old.create()
      const { findings } = await engine.probe(old.source(database), testHost())
      assert.match(findings.map(({ message }) => message).join('\n'), /Db2 10\.5\.0\.11 cannot digest rows/)
      const dumped = await dump(old.source(database))
      change(old.state, database)
      assert.equal((await prove(dumped, old.source(database))).outcome, 'equal')
      old.state.set('version', '9.7.0.1')
      await rejected(engine.probe(old.source(database), testHost()), 'TOOL_UNSUITABLE')
    } finally {
      old[Symbol.dispose]()
    }
  })

  it('is refused as incomplete where the database has partitions, and refused where it is on another machine', async () => {
    const { findings } = await engine.probe(instance.source(instance.create({ partitions: 4 })), testHost())
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'incomplete').map(({ message }) => message),
      ['The database has 4 partitions, and only one would be backed up'],
    )
    instance.state.catalog('FAR', { name: 'FAR', path: '', remote: true })
    const far = engine.probe(instance.source('FAR'), testHost())
    assert.match(await rejected(far, 'SOURCE_DENIED'), /on another machine/)
    assert.ok(!(await Array.fromAsync(engine.databases(instance.source('FAR'), testHost()))).includes('FAR'))
    instance.state.uncatalog('FAR')
  })

  it('is refused for names, users and passwords that the processor would read as something else', async () => {
    const source = instance.source(instance.create())
    const odd = [
      { ...source, database: 'SHOP; DROP DATABASE A' },
      { ...source, database: 'NINECHARS' },
      { ...source, user: 'ann using' },
      { ...source, password: { reveal: () => 'a"b' } },
      { ...source, password: { reveal: () => 'a\nb' } },
    ]
    for (const each of odd) {
      const message = await rejected(engine.probe(each, testHost()), 'USAGE')
      assert.ok(!message.includes('a"b') && !message.includes('a\nb'))
    }
  })

  it('says what is missing when there is no db2, or no such instance', async () => {
    const source = instance.source(instance.create())
    const nowhere = engine.probe({ ...source, flags: { ...source.flags, 'bin-dir': '/nonexistent' } }, testHost())
    assert.match(await rejected(nowhere, 'TOOL_NOT_FOUND'), /db2 was not found.*\n.*--db2-instance.*\n.*--db2-bin-dir/)
    const unknown = engine.probe({ ...source, flags: { ...source.flags, instance: 'db2-nobody' } }, testHost())
    assert.match(await rejected(unknown, 'SOURCE_NOT_FOUND'), /no instance db2-nobody/)
  })
})

describe('a Db2 backup that goes wrong', function () {
  needs('linux')
  this.timeout(60_000)

  const instance = new StandIn()
  afterEach(() => instance.fail({}))
  after(() => instance[Symbol.dispose]())

  const failing = async (code: string, content = {}, parts = 1): Promise<string> => {
    const host = testHost()
    const message = await rejected(dump(instance.source(instance.create(content), { parts }), host), code)
    assert.deepEqual(readdirSync(host.tempRoot), [])
    return message
  }

  it('throws DUMP_INCOMPLETE when success is said and there is no image', async () => {
    instance.fail({ BACKUP: { lie: true } })
    assert.match(await failing('DUMP_INCOMPLETE'), /but there is no file/)
  })

  it('throws DUMP_FAILED when the exit code is 0 and success is not said, or is said twice', async () => {
    instance.fail({
      BACKUP: { transcript: { output: 'DB20000I  The BACKUP DATABASE command completed successfully.\n', code: 0 } },
    })
    await failing('DUMP_FAILED')
    const { output } = said('backup')
    const line = output.replace('{TIMESTAMP}', '20260101000000')
    instance.fail({ BACKUP: { transcript: { output: line + line, code: 0 } } })
    await failing('DUMP_FAILED')
  })

  it('throws DUMP_FAILED when success is said with an exit code of 4', async () => {
    const output = said('backup').output.replace('{TIMESTAMP}', '20260101000000')
    instance.fail({ BACKUP: { transcript: { output, code: 4 } } })
    await failing('DUMP_FAILED')
  })

  it('throws DUMP_INCOMPLETE when the image is shorter than it was written', async () => {
    instance.fail({ BACKUP: { shorten: 1 } })
    assert.match(
      await failing('DUMP_INCOMPLETE', archiving, 2),
      /db2ckbkp does not find the image .*ERRORS DETECTED: 1/,
    )
  })

  it('throws DUMP_INCOMPLETE for an empty part, a part that is missing and a file that is none of it', async () => {
    instance.fail({ BACKUP: { shorten: 1e9 } })
    assert.match(await failing('DUMP_INCOMPLETE'), /\.001 is empty/)
    instance.fail({ BACKUP: { beside: 'core.1' } })
    assert.match(await failing('DUMP_INCOMPLETE'), /wrote "core\.1"/)
  })

  it('throws DUMP_INCOMPLETE unless db2ckbkp both says that the image is sound and exits with 0', async () => {
    const sound = '\nImage Verification Complete - successful.\n'
    for (const transcript of [
      { output: sound, code: 1 },
      { output: '', code: 0 },
      { output: 'Image Verification Complete - successful. Not\n', code: 0 },
    ]) {
      instance.fail({ db2ckbkp: { transcript } })
      assert.match(await failing('DUMP_INCOMPLETE'), /db2ckbkp does not find/)
    }
  })

  for (const [message, code] of [
    ['sql2413n', 'DUMP_FAILED'],
    ['sql2059w', 'DUMP_FAILED'],
    ['sql1092n', 'SOURCE_DENIED'],
    ['sql2009c', 'DUMP_FAILED'],
  ] as const) {
    it(`throws ${code} when the server answers ${message.toUpperCase()}`, async () => {
      instance.fail({ BACKUP: { transcript: said(message) } })
      assert.match(await failing(code, archiving), new RegExp(message.toUpperCase()))
    })
  }

  it('throws a retryable error when somebody is connected to a database that is backed up offline', async () => {
    const database = instance.create()
    const connection = join(instance.state.directory, 'connections', `${database}.1`)
    writeFileSync(connection, '')
    await assert.rejects(dump(instance.source(database)), { code: 'DUMP_FAILED', retryable: true, message: /SQL1035N/ })
  })

  it('throws SOURCE_UNREACHABLE when the instance is not started', async () => {
    const stopped = new StandIn()
    try {
      const source = stopped.source(stopped.create())
      stopped.state.set('stopped', '')
      assert.match(await rejected(engine.probe(source, testHost()), 'SOURCE_UNREACHABLE'), /db2start/)
      await rejected(dump(source), 'SOURCE_UNREACHABLE')
      await rejected(engine.inspect({ ...source, replace: false }, testHost()), 'SOURCE_UNREACHABLE')
    } finally {
      stopped[Symbol.dispose]()
    }
  })

  it('throws DUMP_FAILED when the processor is killed, and TOOL_FAILED when the shell around it is', async () => {
    const source = instance.source(instance.create())
    const own = join(instance.directory, 'killed')
    const script = (text: string): void => writeFileSync(join(own, 'db2'), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    engineDirectory(own)
    const flags = { ...source.flags, 'bin-dir': own }
    script('kill -9 $$')
    assert.match(await rejected(dump({ ...source, flags }), 'DUMP_FAILED'), /ended with 137/)
    script('kill -9 $PPID')
    await rejected(dump({ ...source, flags }), 'TOOL_FAILED')
  })

  it('ends a backup that hangs when it is aborted, with its programs, its connection and its files', async () => {
    const host = testHost()
    const terminated = join(instance.state.directory, 'terminated')
    instance.fail({ BACKUP: { hang: true } })
    const hanging = new Promise<void>((resolve) => {
      const watching = watch(instance.state.directory, (_, name) => {
        if (name !== 'hanging') return
        watching.close()
        resolve()
      })
    })
    const dumping = rejected(dump(instance.source(instance.create(archiving)), host), 'INTERRUPTED')
    await hanging
    assert.equal(readdirSync(host.tempRoot).length, 1)
    rmSync(terminated)
    host.abort()
    await dumping
    assert.ok(existsSync(terminated))
    assert.deepEqual(readdirSync(host.tempRoot), [])
  })

  it('shows no password that Db2 quotes', async () => {
    const output = `SQL0104N  "${instance.password}" was not expected.\n`
    instance.fail({ CONNECT: { transcript: { output, code: 4 } } })
    const message = await failing('DUMP_FAILED')
    assert.match(message, /\[secret\]/)
    assert.ok(!message.includes(instance.password))
  })
})

describe('a Db2 backup by root, of an instance of another user', function () {
  needs('linux', 'root')
  this.timeout(60_000)

  it('is made, proven and restored as that user, and by what belongs to it', async () => {
    const instance = new StandIn()
    try {
      const database = instance.create(archiving)
      const nobody = 65534
      instance.state.set('calls.log', '')
      for (const name of ['', 'directory', 'databases', 'connections', 'calls.log', `databases/${database}.json`]) {
        const path = join(instance.state.directory, name)
        if (existsSync(path)) chownSync(path, nobody, statSync(path).gid)
      }
      const source = instance.source(database, { instance: 'nobody' })
      const dumped = await dump(source)
      assert.equal((await prove(dumped, source)).outcome, 'equal')
      const target = { ...instance.source('COPY', { instance: 'nobody' }), replace: false }
      const report = await engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
      assert.equal(report.outcome, 'equal')
      assert.equal(instance.content('COPY'), instance.content(database))
      const users = instance.calls().flatMap((call) => /^db2 .* as (\d+) of (\w+)/.exec(call)?.slice(1) ?? [])
      assert.deepEqual(new Set(users), new Set([String(nobody), 'nobody']))
    } finally {
      instance[Symbol.dispose]()
    }
  })
})

/** A directory in which only `db2ckbkp` is left to be had. */
function engineDirectory(path: string): void {
  mkdirSync(path)
  writeFileSync(join(path, 'db2ckbkp'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
}
