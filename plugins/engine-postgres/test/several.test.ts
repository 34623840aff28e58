import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startPostgres, type Running } from '../../../test/servers/postgres.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

interface Document {
  readonly ok: boolean
  readonly error?: { readonly code: string }
  readonly backups: readonly {
    readonly database: string
    readonly status: string
    readonly warnings?: readonly string[]
  }[]
}

describe('several PostgreSQL databases and runs on the command line', () => {
  needs('postgres', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-several-'))
  let server: Running

  before(async function () {
    this.timeout(60_000)
    server = await startPostgres()
    for (const name of ['a', 'b', 'Odd "c"']) {
      server.psql('postgres', `CREATE DATABASE "${name.replaceAll('"', '""')}"`)
      server.psql(name, 'CREATE TABLE t AS SELECT generate_series(1, 100) AS i; CREATE TABLE log AS SELECT 1 AS i')
    }
    // What libpq would read in a home, and dbvault must not.
    writeFileSync(join(folder, '.pgpass'), '*:*:*:*:wrong\n', { mode: 0o600 })
    writeFileSync(join(folder, '.pg_service.conf'), '[nowhere]\nhost=nowhere.invalid\n')
    mkdirSync(join(folder, '.postgresql'))
    writeFileSync(join(folder, '.postgresql/root.crt'), 'no certificate')
  })
  after(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  })

  const start = (password: string, to: string, args: readonly string[]) =>
    spawn(process.execPath, [BIN, 'backup', '--db', 'postgres', '-u', 'postgres', '-o', join(folder, to), ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        PGPASSWORD: password,
        PGSERVICE: 'nowhere',
        PGHOST: 'nowhere.invalid',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const backUp = async (
    to: string,
    ...args: string[]
  ): Promise<{ exit: number; document: Document; stderr: string }> => {
    const child = start(server.password, to, [...args, '--json'])
    const [stdout, stderr, [exit]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    assert.ok(!(stdout + stderr).includes(server.password))
    return { exit: exit as number, document: JSON.parse(stdout) as Document, stderr }
  }
  const host = (): string[] => ['-H', `127.0.0.1:${server.port}`]
  const found = ({ backups }: Document): string[] =>
    backups.map(({ database, status }) => `${database} ${status}`).sort()

  it('are all that there are with --all-databases, one after the other and side by side', async function () {
    this.timeout(120_000)
    for (const [to, ...more] of [['one'], ['side', '-a']] as const) {
      const { exit, document, stderr } = await backUp(to, ...host(), '--all-databases', ...more)
      assert.equal(exit, 0, stderr)
      assert.deepEqual(found(document), ['Odd "c" proven', 'a proven', 'b proven', 'postgres proven'])
    }
  })

  it('are those that are named, over a socket; one that is not there fails alone', async function () {
    this.timeout(120_000)
    const socket = ['-H', server.socketDirectory, '-P', String(server.port)]
    const both = await backUp('named', ...socket, '-D', 'a', '-D', 'b', '--postgres-exclude-table-data', 'log')
    assert.equal(both.exit, 0, both.stderr)
    assert.deepEqual(found(both.document), ['a proven', 'b proven'])
    for (const { warnings } of both.document.backups)
      assert.match(warnings?.join() ?? '', /rows of 1 table are not in this backup/)
    const one = await backUp('partly', ...socket, '-D', 'a', '-D', 'nowhere', '--attempts', '1')
    assert.equal(one.exit, 9, one.stderr)
    assert.ok(found(one.document).includes('a proven'))
  })

  it('are two runs at once of one database into one directory, both good', async function () {
    this.timeout(120_000)
    const runs = await Promise.all([1, 2].map(() => backUp('twice', ...host(), '-D', 'a', '--scratch', 'source')))
    for (const { exit, document, stderr } of runs) {
      assert.equal(exit, 0, stderr)
      assert.deepEqual(found(document), ['a proven'])
    }
    assert.equal(readdirSync(join(folder, 'twice/postgres')).filter((name) => name.endsWith('.json')).length, 2)
  })

  it('end with 12 by --timeout when the network stands still', async function () {
    this.timeout(60_000)
    await using proxy = await startTcpProxy({ host: server.host, port: server.port })
    proxy.freeze()
    const frozen = await backUp('frozen', '-H', `127.0.0.1:${proxy.port}`, '-D', 'a', '--timeout', '2s')
    assert.equal(frozen.exit, 12, frozen.stderr)
    assert.deepEqual(found(frozen.document), ['a failed'])
  })

  it('that is killed leaves a scratch database, which the next run removes', async function () {
    this.timeout(120_000)
    server.psql(
      'b',
      `CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN
      PERFORM pg_sleep(60) WHERE current_database() LIKE 'dbvault%'; RETURN i; END $f$; CREATE INDEX slow ON t (slow(i)) WHERE i = 1`,
    )
    const child = start(server.password, 'killed', [...host(), '-D', 'b', '--scratch', 'source', '--quiet'])
    const scratch = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'dbvault%' AND query LIKE 'CREATE INDEX%'`
    const exists = scratch.replace('pg_terminate_backend(pid)', '1')
    for (const deadline = Date.now() + 60_000; server.psql('postgres', exists) === '';) assert.ok(Date.now() < deadline)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    server.psql('postgres', scratch)
    const { exit, document, stderr } = await backUp('killed', ...host(), '-D', 'a', '--scratch', 'source')
    assert.equal(exit, 0, stderr)
    assert.match(
      document.backups[0]?.warnings?.join() ?? '',
      /Removed the database .*dbvault_scratch_\w+.*, which a killed run had left/,
    )
    assert.equal(server.psql('postgres', `SELECT 1 FROM pg_database WHERE datname LIKE 'dbvault%'`), '')
  })
})
