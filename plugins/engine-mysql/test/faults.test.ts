import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, afterEach, before, describe, it } from 'mocha'
import { testHost } from 'dbvault/testing'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { startServer } from '../../../test/servers/mysql.ts'
import engine from '../src/index.ts'
import { dumped, edited, proved, rejected, restored, serverOf, stored, warningsOf, type Held } from './support/exam.ts'
import { at, fixtureSql, madeDatabase } from './support/harness.ts'
import { startWriter } from './support/writer.ts'

const DUMP = execFileSync('sh', ['-c', 'command -v mariadb-dump || echo /nowhere'], { encoding: 'utf8' }).trim()
const MANY_ROWS = `CREATE TABLE account (id int PRIMARY KEY, amount int); CREATE TABLE entry (id int AUTO_INCREMENT PRIMARY KEY, amount int, note text); CREATE TABLE bulk (id int AUTO_INCREMENT PRIMARY KEY, body text); INSERT INTO account SELECT seq, 1 FROM seq_1_to_100; INSERT INTO bulk (body) SELECT REPEAT('x', 1000) FROM seq_1_to_40000;`

describe('the MySQL engine when something goes wrong', function () {
  this.timeout(120_000)
  const server = serverOf('MariaDB')
  const folder = mkdtempSync(join(tmpdir(), 'dbvault-fake-'))
  let database = ''

  before(async () => {
    database = await madeDatabase(server(), fixtureSql('MariaDB'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    const left = await server().sql(
      "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'",
    )
    assert.equal(left, '')
  })

  /** A directory in which the dump program is this script; `"$real"` is the real one. */
  function withDump(script: string): string {
    const directory = mkdtempSync(join(folder, 'bin-'))
    const path = join(directory, 'mariadb-dump')
    writeFileSync(
      path,
      `#!/bin/sh\nreal=${DUMP}\ncase "$*" in *--version*|*--help*) exec "$real" "$@";; esac\n${script}\n`,
    )
    chmodSync(path, 0o755)
    return directory
  }

  const source = (script: string) => at(server(), database, withDump(script))

  it('throws DUMP_INCOMPLETE when the program exits with 0 after half of its output', async () => {
    const message = await rejected(dumped(source('"$real" "$@" | head -c 100000')), 'DUMP_INCOMPLETE')
    assert.match(message, /last line/)
  })

  it('says that the connection was lost, though the program says nothing', async () => {
    const large = await madeDatabase(server(), MANY_ROWS)
    await using proxy = await startTcpProxy({ port: server().port, host: '127.0.0.1' })
    const through = { ...at(server(), large, withDump('exec "$real" "$@" 2>/dev/null')), port: proxy.port }
    await using host = testHost()
    await using dump = engine.dump({ source: through, fingerprint: false }, host)
    const reading = (async () => {
      for await (const { bytes } of dump.members) for await (const _ of bytes) proxy.cut()
    })()
    await assert.rejects(reading, { code: 'SOURCE_UNREACHABLE', retryable: true })
  })

  it('throws DUMP_FAILED when the program dies, by a signal or an exit code, and names neither rows nor secrets', async () => {
    for (const end of ['kill -9 $$', 'exit 3', 'echo "Error 2013: Lost connection" >&2; exit 3']) {
      const message = await rejected(dumped(source(`"$real" "$@" | head -c 100000; ${end}`)), 'DUMP_FAILED')
      assert.ok(!message.includes(server().password))
    }
  })

  it('keeps only the end of 20 MB of stderr, and no row of it', async () => {
    const noise = `head -c 20000000 /dev/zero | tr '\\0' 'r' >&2; echo >&2; echo "ERROR 1064 at line 1: near 'secret row'" >&2; exit 2`
    const message = await rejected(dumped(source(noise)), 'DUMP_FAILED')
    assert.doesNotMatch(message, /rrr|secret row/)
    assert.ok(message.length < 1000)
  })

  it('throws TOOL_NOT_FOUND with what to install when there is no dump program', async () => {
    const path = process.env['PATH']
    process.env['PATH'] = folder
    try {
      assert.match(await rejected(engine.probe(at(server(), database), testHost()), 'TOOL_NOT_FOUND'), /mariadb-client/)
    } finally {
      process.env['PATH'] = path
    }
  })

  it('passes over a program of that name which is none', async () => {
    const directory = mkdtempSync(join(folder, 'bin-'))
    symlinkSync('/bin/false', join(directory, 'mariadb-dump'))
    const { tools } = await engine.probe(at(server(), database, directory), testHost())
    assert.ok(Object.keys(tools ?? {}).includes(DUMP))
  })

  it('ends with an error when the connection of the dump is killed', async () => {
    const big = await madeDatabase(server(), MANY_ROWS)
    await using host = testHost()
    await using dump = engine.dump({ source: at(server(), big), fingerprint: true }, host)
    const fingerprint = dump.fingerprint().catch(() => {})
    const reading = (async () => {
      for await (const { bytes } of dump.members) {
        for await (const _ of bytes) {
          const ids = await server().sql(
            `SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '${big}' AND USER = '${server().user}'`,
          )
          for (const id of ids.trim().split('\n').filter(Boolean))
            await server()
              .sql(`KILL ${id}`)
              .catch(() => {})
        }
      }
    })()
    const error = await reading.then(
      () => assert.fail('the dump ended well'),
      (thrown: Error & { code?: string }) => thrown,
    )
    assert.ok(['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code ?? ''), String(error))
    await fingerprint
  })

  it('ends with an error when the server is killed', async () => {
    const own = await startServer({ vendor: 'MariaDB' })
    try {
      const big = await madeDatabase(own, MANY_ROWS)
      await using host = testHost()
      await using dump = engine.dump({ source: at(own, big), fingerprint: true }, host)
      const fingerprint = dump.fingerprint().catch(() => {})
      const reading = (async () => {
        for await (const { bytes } of dump.members) for await (const _ of bytes) await own.stop('SIGKILL')
      })()
      const error = await reading.then(
        () => assert.fail('the dump ended well'),
        (thrown: Error & { code?: string }) => thrown,
      )
      assert.ok(['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code ?? ''), String(error))
      await fingerprint
    } finally {
      await own.stop('SIGKILL')
    }
  })

  it('is not changed by option files and variables of the machine', async () => {
    const home = mkdtempSync(join(folder, 'home-'))
    writeFileSync(
      join(home, '.my.cnf'),
      '[client]\nuser=nobody\npassword=wrong\nhost=192.0.2.1\n[mysqldump]\nno-data\nskip-triggers\n[mariadb-dump]\nno-data\nskip-triggers\n[mysql]\nbatch\n',
    )
    const poison: Record<string, string> = {
      HOME: home,
      MYSQL_HOME: home,
      MYSQL_PWD: 'wrong',
      MYSQL_HOST: '192.0.2.1',
      MYSQL_TCP_PORT: '1',
      MYSQL_UNIX_PORT: '/nowhere',
      MYSQL_GROUP_SUFFIX: 'x',
      LC_ALL: 'tr_TR',
    }
    const before = { ...process.env }
    Object.assign(process.env, poison)
    try {
      const held = await dumped(at(server(), database))
      assert.match(held.members[0]?.bytes.toString('latin1') ?? '', /findthismarkeronce/)
      assert.match(held.members[0]?.bytes.toString('latin1') ?? '', /TRIGGER/)
      const proof = await proved(held.members, at(server(), database), held.fingerprint)
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    } finally {
      for (const name of Object.keys(poison)) delete process.env[name]
      Object.assign(process.env, before)
    }
  })

  it('reads the login from an option file that is named, and nothing else from it', async () => {
    const path = join(folder, 'my.cnf')
    const password = server().password.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
    writeFileSync(
      path,
      `[client]\nuser = ${server().user}\npassword = "${password}"\nport=${server().port}\nhost=127.0.0.1\n[mysqldump]\nno-data\n`,
    )
    const { flags } = at(server(), database)
    const held = await dumped({ database, flags: { ...flags, 'option-file': path } })
    assert.match(held.members[0]?.bytes.toString('latin1') ?? '', /findthismarkeronce/)
  })

  it('does not run what a dump holds for another database, in scratch nor in a restore', async () => {
    const other = await madeDatabase(server(), 'CREATE TABLE t (i int); INSERT INTO t VALUES (1);')
    const held = await dumped(at(server(), database))
    for (const bad of [
      `USE ${other};\nDELETE FROM t;`,
      `DELETE FROM ${other}.t;`,
      `DROP TABLE IF EXISTS \`${other}\`.\`t\`;`,
      '\\! touch /tmp/dbvault-was-here\n;',
    ]) {
      const members = edited(held, /^DROP TABLE IF EXISTS `marked`;/m, `${bad}\nDROP TABLE IF EXISTS \`marked\`;`)
      assert.match(
        await rejected(proved(members, at(server(), database), held.fingerprint), 'PROOF_FAILED'),
        /does not belong/,
      )
      assert.match(await rejected(restored(members, at(server(), 't_new')), 'RESTORE_FAILED'), /does not belong/)
    }
    assert.equal(await server().sql('SELECT COUNT(*) FROM t', other), '1\n')
    assert.equal(await server().sql("SHOW DATABASES LIKE 't_new'"), '')
  })

  it('finds a changed value, a missing trigger, view and routine by comparing', async () => {
    const held = await dumped(at(server(), database))
    const edits: readonly (readonly [from: RegExp, to: string, found: RegExp])[] = [
      [/findthismarkeronce/, 'findthismarkertwice', /marked/],
      [/'0000-00-00'/, "'2000-00-00'", /other content/],
      [/x \+ ?1|x\+1/i, 'x+2', /function "fn" is defined differently/],
      [/it\\'s; \\"x\\"','x,y'/, "it\\'s; \\\"x\\\"','x'", /other content/],
    ]
    for (const [from, to, found] of edits) {
      const proof = await proved(edited(held, from, to), at(server(), database), held.fingerprint)
      assert.equal(proof.outcome, 'different', String(from))
      assert.match(proof.differences?.join() ?? '', found)
    }
  })

  it('finds a dump that is cut anywhere, by a check and by a proof', async () => {
    const held = await dumped(at(server(), database))
    const cut = (member: number, length: number): Held['members'] =>
      held.members.map((one, index) => (index === member ? { ...one, bytes: one.bytes.subarray(0, length) } : one))
    for (const [member, { bytes }] of held.members.entries()) {
      for (let percent = 0; percent <= 100; percent++) {
        const length = Math.min(Math.floor((bytes.length * percent) / 100), bytes.length - 1)
        await rejected(engine.check(stored(cut(member, length)), testHost()), 'PROOF_FAILED')
      }
    }
    const half = cut(0, (held.members[0]?.bytes.length ?? 0) >> 1)
    await rejected(proved(half, at(server(), database), held.fingerprint), 'PROOF_FAILED')
  })

  it('says PROOF_UNFINISHED when its private server is killed in the middle of a proof', async () => {
    const held = await dumped(at(server(), database))
    const [main, ...others] = stored(held.members)
    assert.ok(main)
    await using host = testHost()
    const open = async (): Promise<Readable> => {
      const bytes = Buffer.concat((await (await main.open()).toArray()) as Buffer[])
      return Readable.from(
        (function* () {
          yield bytes.subarray(0, bytes.length >> 1)
          for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
            if (commandLine(pid).includes(`--datadir=${host.tempRoot}`)) process.kill(Number(pid), 'SIGKILL')
          }
          yield bytes.subarray(bytes.length >> 1)
        })(),
      )
    }
    const { flags } = at(server(), database)
    const scratch = { mode: 'private', flags } as const
    const proving = engine.prove({ stored: [{ ...main, open }, ...others], expected: held.fingerprint, scratch }, host)
    await rejected(proving, 'PROOF_UNFINISHED')
    assert.deepEqual(readdirSync(host.tempRoot), [])
  })

  it('says PROOF_UNFINISHED, not that the backup is bad, when scratch is full', async function () {
    if (process.getuid?.() !== 0) this.skip()
    const full = join(folder, 'small')
    execFileSync('mkdir', [full])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60m,mode=755', 'none', full])
    try {
      const held = await dumped(at(server(), database))
      await using host = testHost({ within: full })
      const flags = at(server(), database).flags
      await rejected(
        engine.prove(
          { stored: stored(held.members), expected: held.fingerprint, scratch: { mode: 'private', flags } },
          host,
        ),
        'PROOF_UNFINISHED',
      )
      assert.equal(execFileSync('ls', ['-A', host.tempRoot], { encoding: 'utf8' }), '')
    } finally {
      execFileSync('umount', ['-l', full])
    }
  })

  it('warns of FLOATs that a dump rounds, and of tables outside of transactions', async () => {
    const made = await madeDatabase(
      server(),
      'CREATE TABLE f (x float); INSERT INTO f VALUES (1.2345678), (0.5); CREATE TABLE m (i int) ENGINE=MyISAM;',
    )
    await using host = testHost()
    const { findings } = await engine.probe(at(server(), made), host)
    assert.match(findings.map(({ message }) => message).join(), /"m"/)
    await dumped(at(server(), made), host)
    assert.match(warningsOf(host).join(), /"f" has 1 rows with a FLOAT/)
  })

  it('names views that cannot be read, and dumps the rest when that is accepted', async () => {
    const made = await madeDatabase(
      server(),
      'CREATE TABLE t (i int); INSERT INTO t VALUES (1); CREATE TABLE gone (i int); CREATE VIEW fine AS SELECT i FROM t; CREATE VIEW broken AS SELECT i FROM gone; DROP TABLE gone;',
    )
    const { findings } = await engine.probe(at(server(), made), testHost())
    const found = findings.filter(({ severity }) => severity === 'incomplete')
    assert.equal(found.length, 1)
    assert.match(found[0]?.message ?? '', /"broken"/)
    const held = await dumped(at(server(), made))
    assert.match(held.warnings.join(), /"broken"/)
    assert.equal((await proved(held.members, at(server(), made), held.fingerprint)).outcome, 'equal')
  })

  it('compares what it can without the right to lock, and names tables that changed meanwhile', async () => {
    const big = await madeDatabase(server(), MANY_ROWS)
    const user = `u${big}`
    await server().sql(
      `CREATE USER ${user}@'%' IDENTIFIED BY 'x'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${big}.* TO ${user}@'%'; GRANT SELECT ON mysql.proc TO ${user}@'%'`,
    )
    const limited = { ...at(server(), big), user, password: { reveal: () => 'x' } }
    const { findings } = await engine.probe(limited, testHost())
    assert.deepEqual(
      findings.map(({ severity, fixes }) => [severity, ...(fixes ?? [])]),
      [['warning', `GRANT RELOAD ON *.* TO '${user}'@'%';`]],
    )
    const quiet = await dumped(limited)
    assert.deepEqual(quiet.warnings, [])
    assert.equal((await proved(quiet.members, at(server(), big), quiet.fingerprint)).outcome, 'equal')
    const writer = await startWriter(server(), big)
    const busy = await dumped(limited).finally(() => writer.stop())
    const proof = await proved(busy.members, at(server(), big), busy.fingerprint)
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
  })
})

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // It has ended.
  }
}
