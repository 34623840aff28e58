import type { Source } from 'dbvault'
import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { databaseName, testPostgres, type TestPostgres } from '../../../../test/servers/postgres.ts'
import engine from '../../src/index.ts'
import type { Flags } from '../../src/descriptor.ts'
import { everything, marker } from './everything.ts'
import { defaults } from './flags.ts'
import { startWriter } from './writer.ts'

export function at(pg: TestPostgres, database: string, flags: Partial<Source<Flags>['flags']> = {}): Source<Flags> {
  return {
    database,
    host: pg.host,
    port: pg.port,
    user: pg.user,
    password: { reveal: () => pg.password },
    flags: { ...defaults, ...flags },
  }
}

export const harness: EngineHarness<Flags> = {
  engine,
  async source() {
    const pg = await testPostgres()
    const database = databaseName('source')
    pg.psql('postgres', `CREATE DATABASE ${database}`)
    pg.psql(database, everything)
    return {
      source: at(pg, database),
      marker,
      content: async () => dumpOf(pg, database),
      async change() {
        pg.psql(database, 'UPDATE account SET amount = amount + 1 WHERE id = 7')
      },
      startWriter: () => startWriter(pg, database),
      async [Symbol.asyncDispose]() {
        drop(pg, database)
      },
    }
  },
  emptyTarget: async () => target((pg, database) => pg.psql('postgres', `CREATE DATABASE ${database}`)),
  occupiedTarget: async () =>
    target((pg, database) => {
      pg.psql('postgres', `CREATE DATABASE ${database}`)
      pg.psql(database, 'CREATE TABLE old (x int); INSERT INTO old VALUES (1)')
    }),
  absentSource: async () => at(await testPostgres(), 'nowhere'),
  unreachableSource: async () => ({ ...at(await testPostgres(), 'postgres'), port: 1 }),
  deniedSource: async () => ({ ...at(await testPostgres(), 'postgres'), password: { reveal: () => 'not the canary' } }),
  async leftovers() {
    const pg = await testPostgres()
    // The server ends a session a moment after its client has left.
    for (let round = 0; ; round++) {
      const found = pg
        .psql(
          'postgres',
          `SELECT 'database ' || datname FROM pg_database WHERE datname ~ '_(dbvault|replaced|scratch)_';
           SELECT 'session ' || application_name || ' ' || coalesce(query, '') FROM pg_stat_activity WHERE application_name LIKE 'dbvault%'`,
        )
        .split('\n')
        .filter((line) => line !== '')
      if (found.length === 0 || round > 100) return found
    }
  },
}

/** What another program sees in a database: without what is drawn anew for each dump. */
export function dumpOf(pg: TestPostgres, database: string): string {
  const ran = spawnSync(
    join(pg.binDir, 'pg_dump'),
    ['-w', '-h', pg.socketDirectory, '-p', String(pg.port), '-U', pg.user, '-d', database],
    {
      env: { PGPASSWORD: pg.password, LC_ALL: 'C' },
      encoding: 'utf8',
      maxBuffer: 1 << 29,
    },
  )
  if (ran.status !== 0) return ran.stderr.includes('does not exist') ? '' : `failed: ${ran.stderr}`
  return ran.stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '')
}

export function drop(pg: TestPostgres, database: string): void {
  pg.psql('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
}

async function target(prepare: (pg: TestPostgres, database: string) => unknown): Promise<TargetFixture<Flags>> {
  const pg = await testPostgres()
  const database = databaseName('target')
  prepare(pg, database)
  return {
    target: at(pg, database),
    content: async () => dumpOf(pg, database),
    async [Symbol.asyncDispose]() {
      drop(pg, database)
    },
  }
}
