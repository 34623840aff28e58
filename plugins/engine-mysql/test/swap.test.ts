import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { secret, testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import mysql from 'mysql2/promise'
import { startServer, type TestServer } from '../../../test/servers/mysql.ts'
import { dumped, edited, rejected, restored, serverOf, stored, warningsOf, type Held } from './support/exam.ts'
import engine from '../src/index.ts'
import { loginOf } from '../src/server/login.ts'
import { connect } from '../src/server/session.ts'
import { createObjects, dropObjects, readObjects } from '../src/target/objects.ts'
import { startGate } from './support/gate.ts'
import { at, madeDatabase } from './support/harness.ts'

const OLD = `CREATE TABLE both_have (i int PRIMARY KEY, j int AS (i + 1)); INSERT INTO both_have (i) VALUES (1), (2);
  CREATE TABLE only_old (i int, FOREIGN KEY (i) REFERENCES both_have (i)); INSERT INTO only_old VALUES (1);
  CREATE VIEW v AS SELECT i FROM both_have; CREATE FUNCTION fn() RETURNS int DETERMINISTIC RETURN 1;
  CREATE TRIGGER tr BEFORE INSERT ON both_have FOR EACH ROW SET NEW.i = NEW.i + 1;
  CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO SELECT 1;`
const NEW = `CREATE TABLE both_have (x text); INSERT INTO both_have VALUES ('new'); CREATE TABLE only_new (x int);
  CREATE VIEW v AS SELECT x FROM both_have; CREATE PROCEDURE p() SELECT 2;
  CREATE TRIGGER tr_new BEFORE INSERT ON only_new FOR EACH ROW SET NEW.x = 1;
  CREATE EVENT ev ON SCHEDULE EVERY 2 DAY STARTS '2037-01-01' DO SELECT 2;`

describe('a restore that replaces a database', function () {
  this.timeout(240_000)
  const shared = serverOf('MariaDB')

  const contentOf = async (server: TestServer, database: string): Promise<string> =>
    (await server.dump(database)).replaceAll(database, 'X')

  async function scene(server: TestServer): Promise<{ held: Held; target: string; old: string; fresh: string }> {
    const source = await madeDatabase(server, NEW)
    const target = await madeDatabase(server, OLD, 'CHARACTER SET latin1')
    const held = await dumped(at(server, source))
    return { held, target, old: await contentOf(server, target), fresh: await contentOf(server, source) }
  }

  const ours = (server: TestServer) =>
    server.sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'")

  /** Until the server has noticed that those who were cut off are gone. */
  async function alone(server: TestServer): Promise<void> {
    const sessions = `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '${server.user}'`
    while ((await server.sql(sessions)) !== '0\n');
  }

  type Stage = Awaited<ReturnType<typeof scene>>

  /** Restores through a gate that shuts behind the nth statement that changes something of the swap. */
  async function cutAt(nth: number, server: TestServer, stage: Stage) {
    let begun = false
    let count = 0
    let last = ''
    const error = await cutWhen(server, stage, (sql) => {
      begun ||= sql.includes('CREATE DATABASE `dbvault_old_')
      if (!begun || !/^(?:CREATE|DROP|ALTER|RENAME|INSERT|COMMIT)/.test(sql)) return false
      last = sql
      return ++count === nth
    })
    return { error, last, ended: count < nth }
  }

  /** The error with which a restore ended that was cut off behind a statement. */
  async function cutWhen(server: TestServer, { held, target }: Stage, shut: (sql: string) => boolean) {
    await using gate = await startGate(server.port, shut, 'cut')
    const way = at(server, target)
    // Of what is encrypted the gate would see nothing, and MySQL has a certificate of its own.
    const to = { ...way, port: gate.port, flags: { ...way.flags, tls: 'disabled' as const } }
    const error = await restored(held.members, to, { replace: true, expected: held.fingerprint }).then(
      () => undefined,
      (thrown: Error & { code: string; hints: readonly string[] }) => thrown,
    )
    await alone(server)
    return error
  }

  for (const vendor of ['MariaDB', 'MySQL'] as const) {
    describe(`on ${vendor}`, () => {
      const cutServer = serverOf(vendor)
      it('leaves a database that a later restore makes what it was, wherever it is cut off', async () => {
        const server = cutServer()
        const stage = await scene(server)
        const { held, target, old, fresh } = stage
        const broken = edited(held, /^CREATE TABLE `both_have`/m, 'CREATE TABLE `both_have` nonsense')
        let nth = 1
        for (; ; nth++) {
          const { error, last, ended } = await cutAt(nth, server, stage)
          if (ended) break
          if (error !== undefined) {
            assert.ok(['RESTORE_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code), `${last}: ${error.stack}`)
            if ((await contentOf(server, target)) !== old) assert.match(error.hints.join(), /with --replace/, last)
          }
          // It fails before it changes anything of its own, and so shows what the earlier one is made to.
          await rejected(restored(broken, at(server, target), { replace: true }), 'RESTORE_FAILED')
          const content = await contentOf(server, target)
          const whole = content === fresh
          assert.ok(whole || content === old, `after ${last}\n${content}`)
          assert.equal(await ours(server), '', last)
          if (whole) {
            assert.match(
              last,
              /^DROP|^(?:INSERT INTO|ALTER TABLE) `dbvault_old/,
              'only the very end leaves the new content',
            )
            stage.target = await madeDatabase(server, OLD, 'CHARACTER SET latin1')
            if (last.startsWith('DROP DATABASE')) break
          }
        }
        assert.ok(nth > 20, `${nth} statements`)
      })
    })
  }

  it('gives up, and leaves the database as it was, when others do not let go of a table', async () => {
    const server = shared()
    const { held, target, old } = await scene(server)
    const other = await mysql.createConnection({ socketPath: server.socket, user: 'root', database: target })
    try {
      await other.query('START TRANSACTION')
      await other.query('SELECT * FROM both_have')
      const restoring = restored(held.members, at(server, target), { replace: true, expected: held.fingerprint })
      restoring.catch(() => {})
      const waits = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table%'"
      while ((await server.sql(waits)) === '0\n');
      const second = restored(held.members, at(server, target), { replace: true })
      assert.match(await rejected(second, 'LOCKED'), /Another run is restoring into/)
      // What it is made again by waits too, until the other is done with it.
      await assert.rejects(
        Promise.race([
          restoring,
          delay(11_000)
            .then(() => other.query('COMMIT'))
            .then(() => restoring),
        ]),
        {
          code: 'RESTORE_FAILED',
          message: /locked/,
        },
      )
    } finally {
      await other.end()
    }
    assert.equal(await contentOf(server, target), old)
    assert.equal(await ours(server), '')
  })

  /** A user who may restore into a database, and sees no other. */
  async function restorer(server: TestServer, target: string): Promise<ReturnType<typeof at>> {
    const user = `res_${target.slice(-6)}`
    await server.sql(
      `CREATE USER ${user}@'%' IDENTIFIED BY 'res-secret'; GRANT ALL ON ${target}.* TO ${user}@'%'; GRANT ALL ON \`dbvault\\_%\`.* TO ${user}@'%'`,
    )
    return { ...at(server, target), user, password: secret('res-secret') }
  }

  it('is refused, with nothing changed, to a user who may not read what would have to be put back', async () => {
    const server = shared()
    const held = await dumped(at(server, await madeDatabase(server, 'CREATE TABLE fresh (i int)')))
    const target = await madeDatabase(server, 'CREATE TABLE a (i int); CREATE PROCEDURE p() SELECT 1;')
    const old = await contentOf(server, target)
    const way = await restorer(server, target)
    const said = await rejected(
      restored(held.members, way, { replace: true, expected: held.fingerprint }),
      'RESTORE_FAILED',
    )
    assert.match(said, /may not read the procedure "p"/)
    assert.equal(await contentOf(server, target), old)
    assert.equal(await ours(server), '')
  })

  it('is refused, with nothing changed, to a user who may not make what others have defined', async () => {
    const server = shared()
    const held = await dumped(at(server, await madeDatabase(server, 'CREATE TABLE fresh (i int)')))
    const target = await madeDatabase(server, 'CREATE TABLE a (i int); CREATE VIEW v AS SELECT i FROM a;')
    const old = await contentOf(server, target)
    const way = await restorer(server, target)
    const said = await rejected(restored(held.members, way, { replace: true }), 'RESTORE_FAILED')
    assert.match(said, /may not make objects that others have defined[^]*GRANT SET USER ON[^]*Nothing was changed/)
    assert.equal(await contentOf(server, target), old)
    assert.equal(await ours(server), '')
  })

  it('leaves a sign in the database until it is whole, also to those who see nothing else', async () => {
    const server = shared()
    const stage = await scene(server)
    const { held, target, old } = stage
    const user = `see_${target.slice(-6)}`
    await server.sql(
      `CREATE USER ${user}@'%' IDENTIFIED BY 'odd'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${target}.* TO ${user}@'%';
       GRANT SELECT ON mysql.proc TO ${user}@'%'`,
    )
    const source = { ...at(server, target), user, password: secret('odd') }
    const lacks = async () => {
      const { findings } = await engine.probe(source, testHost())
      return findings.filter(({ severity }) => severity === 'incomplete').map(({ message }) => message)
    }
    assert.deepEqual(await lacks(), [])
    await cutWhen(server, stage, (sql) => sql.startsWith('RENAME'))
    assert.match((await lacks()).join(), /A restore into "t_\w+" has not come to its end/)
    const { members, fingerprint } = await dumped(source)
    const all = [JSON.stringify(fingerprint), ...members.map(({ bytes }) => bytes.toString('latin1'))].join('\n')
    assert.match(all, /only_new/)
    assert.doesNotMatch(all, /dbvault_unfinished/)
    const broken = edited(held, /^CREATE TABLE `both_have`/m, 'CREATE TABLE `both_have` nonsense')
    await rejected(restored(broken, at(server, target), { replace: true }), 'RESTORE_FAILED')
    assert.deepEqual(await lacks(), [])
    assert.equal(await contentOf(server, target), old)
    await server.sql(`DROP USER ${user}@'%'`)
  })

  it('is undone, and can be done again, though a view of what was there was broken before', async () => {
    const server = shared()
    const stage = await scene(server)
    const { held, target, fresh } = stage
    await server.sql('CREATE TABLE gone (i int); CREATE VIEW of_gone AS SELECT i FROM gone; DROP TABLE gone', target)
    await cutWhen(server, stage, (sql) => sql.startsWith('RENAME'))
    const broken = edited(held, /^CREATE TABLE `both_have`/m, 'CREATE TABLE `both_have` nonsense')
    await using host = testHost()
    const request = { stored: stored(broken), target: { ...at(server, target), replace: true } }
    await rejected(engine.restore(request, host), 'RESTORE_FAILED')
    assert.match(warningsOf(host).join('\n'), /view "of_gone" uses what was not there[^]*CREATE [^]*`of_gone` AS/)
    assert.equal(await contentOf(server, target), stage.old)
    await restored(held.members, at(server, target), { replace: true, expected: held.fingerprint })
    assert.equal(await contentOf(server, target), fresh)
    assert.equal(await ours(server), '')
  })

  it('keeps the tables to which a database that the user does not see refers, and says so', async () => {
    const server = shared()
    const held = await dumped(at(server, await madeDatabase(server, 'CREATE TABLE fresh (i int)')))
    const target = await madeDatabase(server, 'CREATE TABLE p (i int PRIMARY KEY); INSERT INTO p VALUES (7);')
    const other = await madeDatabase(server, `CREATE TABLE c (i int, FOREIGN KEY (i) REFERENCES ${target}.p (i))`)
    await using host = testHost()
    const request = { stored: stored(held.members), target: { ...(await restorer(server, target)), replace: true } }
    await engine.restore(request, host)
    const [, kept] = /held before is in (\w+), .* foreign keys of another/.exec(warningsOf(host).join('\n')) ?? []
    assert.equal(await server.sql(`SELECT i FROM ${kept}.p`), '7\n')
    await server.sql(`INSERT INTO ${other}.c VALUES (7); DROP DATABASE ${other}`)
    await restored(held.members, at(server, target), { replace: true })
    assert.equal(await ours(server), '', 'a later run drops them when nothing refers to them any more')
  })

  it('leaves what others have put meanwhile into a database that it has made', async () => {
    const server = shared()
    const held = await dumped(at(server, await madeDatabase(server, NEW)))
    const target = `meanwhile_${Date.now()}`
    let moved = false
    await using gate = await startGate(
      server.port,
      (sql) => {
        if (moved && sql.startsWith('CREATE')) {
          moved = false
          const theirs = `CREATE TABLE ${target}.theirs SELECT 1 AS i`
          execFileSync('mariadb', ['--no-defaults', '-uroot', '-S', server.socket, '-e', theirs])
        }
        moved ||= sql.startsWith('RENAME')
        return false
      },
      'cut',
    )
    await rejected(restored(held.members, { ...at(server, target), port: gate.port }), 'RESTORE_FAILED')
    const tables = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${target}'`
    assert.equal(await server.sql(tables), 'theirs\n')
    assert.equal(await ours(server), '')
    await server.sql(`DROP DATABASE IF EXISTS ${target}`)
  })

  it('puts back all that can be, though one view of what was there is broken', async () => {
    const server = shared()
    const target = await madeDatabase(
      server,
      `CREATE TABLE a (i int); CREATE FUNCTION g() RETURNS int DETERMINISTIC RETURN 1; CREATE VIEW aa AS SELECT g() AS i;
       CREATE VIEW v AS SELECT i FROM a; CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.i = 1;`,
    )
    await using host = testHost()
    const login = await loginOf(at(server, target), host)
    await using session = await connect(login, host)
    const { definitions } = await readObjects(session, target)
    await dropObjects(session, target, definitions)
    const broken = definitions.filter(({ name }) => name !== 'g')
    await assert.rejects(createObjects(login, target, broken, host), /g does not exist/)
    const made = await readObjects(session, target)
    assert.deepEqual(made.definitions.map(({ kind, name }) => `${kind} ${name}`).sort(), ['trigger tr', 'view v'])
  })

  it('is undone by the next one when the server was killed in its middle', async () => {
    const server = await startServer({ vendor: 'MariaDB', args: ['--innodb-flush-log-at-trx-commit=1'] })
    try {
      const { held, target, old, fresh } = await scene(server)
      await using gate = await startGate(server.port, (sql) => sql.startsWith('RENAME TABLE'), 'freeze')
      const to = { ...at(server, target), port: gate.port }
      const restoring = restored(held.members, to, { replace: true })
      restoring.catch(() => {})
      await gate.shut
      await server.crash()
      await gate[Symbol.asyncDispose]()
      assert.match(await rejected(restoring, 'RESTORE_FAILED'), /could not be made what it was[^]*with --replace/)
      assert.notEqual(await contentOf(server, target), old)
      const broken = edited(held, /^CREATE TABLE `both_have`/m, 'CREATE TABLE `both_have` nonsense')
      await rejected(restored(broken, at(server, target), { replace: true }), 'RESTORE_FAILED')
      assert.equal(await contentOf(server, target), old)
      await restored(held.members, at(server, target), { replace: true, expected: held.fingerprint })
      assert.equal(await contentOf(server, target), fresh)
      assert.equal(await ours(server), '')
    } finally {
      await server.stop('SIGKILL')
    }
  })

  it('changes nothing once it no longer has the target alone', async () => {
    const server = shared()
    const { held, target, old } = await scene(server)
    let ended = false
    await using gate = await startGate(
      server.port,
      (sql) => {
        if (!ended && sql.startsWith('CREATE DATABASE `dbvault_restore_')) {
          ended = true
          const lock = `dbvault_target_${createHash('sha256').update(target).digest('hex').slice(0, 40)}`
          const client = ['--no-defaults', '-uroot', '-S', server.socket, '-BNe']
          const holder = execFileSync('mariadb', [...client, `SELECT IS_USED_LOCK('${lock}')`], { encoding: 'utf8' })
          execFileSync('mariadb', [...client, `KILL ${holder}`])
        }
        return false
      },
      'cut',
    )
    const to = { ...at(server, target), port: gate.port }
    await rejected(restored(held.members, to, { replace: true }), 'SOURCE_UNREACHABLE')
    assert.equal(ended, true)
    assert.equal(await contentOf(server, target), old)
    assert.equal(await ours(server), '')
  })

  it('drops no database that somebody else has made under the name of the target meanwhile', async () => {
    const server = shared()
    const held = await dumped(at(server, await madeDatabase(server, NEW)))
    const target = `meanwhile_${Date.now()}`
    let made = false
    await using gate = await startGate(
      server.port,
      (sql) => {
        if (!made && sql.startsWith('CREATE DATABASE `dbvault_old_')) {
          made = true
          const theirs = `CREATE DATABASE ${target}; CREATE TABLE ${target}.theirs SELECT 1 AS i`
          execFileSync('mariadb', ['--no-defaults', '-uroot', '-S', server.socket, '-e', theirs])
        }
        return false
      },
      'cut',
    )
    const to = { ...at(server, target), port: gate.port }
    await rejected(restored(held.members, to, { replace: true }), 'TARGET_NOT_EMPTY')
    assert.equal(made, true)
    assert.equal(await server.sql(`SELECT i FROM ${target}.theirs`), '1\n')
    assert.equal(await ours(server), '')
    await server.sql(`DROP DATABASE ${target}`)
  })
})
