import { secret } from 'dbvault/testing'
import type { Scratch, Source } from 'dbvault'
import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { sharedServer, type TestServer } from '../../../../test/servers/mysql.ts'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import { startWriter } from './writer.ts'

export interface Choice {
  readonly vendor: TestServer['vendor']
  readonly mode?: Scratch['mode']
  /** Of programs that are not the vendor's. */
  readonly binDir?: string
}

export function at(server: TestServer, database: string, binDir = server.binDir): Source<Flags> {
  const flags = { ...(binDir !== undefined && { 'bin-dir': binDir }) } as Source<Flags>['flags']
  const { port, user, password } = server
  return { database, host: '127.0.0.1', port, user, password: secret(password), flags }
}

export function fixtureSql(vendor: TestServer['vendor']): string {
  return readFileSync(new URL(`./fixture-${vendor.toLowerCase()}.sql`, import.meta.url), 'utf8')
}

/** A new database of the given statements, and what it is called. */
export async function madeDatabase(
  server: TestServer,
  sql: string,
  options = 'CHARACTER SET utf8mb4',
): Promise<string> {
  const name = `t_${randomBytes(5).toString('hex')}`
  await server.sql(`CREATE DATABASE ${name} ${options}`)
  if (sql !== '') await server.sql(sql, name)
  return name
}

export function harness({ vendor, mode = 'auto', binDir }: Choice): EngineHarness<Flags> {
  const server = (): Promise<TestServer> => sharedServer(vendor)
  const target = async (name: string): Promise<TargetFixture<Flags>> => {
    const running = await server()
    return {
      target: at(running, name, binDir),
      content: () => running.dump(name),
      async [Symbol.asyncDispose]() {
        await running.sql(`DROP DATABASE IF EXISTS ${name}`)
      },
    }
  }
  return {
    engine,
    async source() {
      const running = await server()
      const name = await madeDatabase(running, fixtureSql(vendor))
      return {
        source: at(running, name, binDir),
        marker: 'findthismarkeronce',
        content: () => running.dump(name),
        async change() {
          await running.sql('UPDATE account SET amount = amount + 1 WHERE id = 7', name)
        },
        startWriter: () => startWriter(running, name),
        async [Symbol.asyncDispose]() {
          await running.sql(`DROP DATABASE ${name}`)
        },
      }
    },
    emptyTarget: () => target(`t_${randomBytes(5).toString('hex')}`),
    async occupiedTarget() {
      const sql = `CREATE TABLE account (x int PRIMARY KEY); INSERT INTO account VALUES (1); CREATE TABLE child (x int, FOREIGN KEY (x) REFERENCES account(x)); CREATE VIEW b AS SELECT x FROM account; CREATE VIEW aa AS SELECT x FROM b; CREATE TRIGGER trg BEFORE INSERT ON account FOR EACH ROW SET NEW.x = NEW.x + 1; CREATE FUNCTION fn() RETURNS int DETERMINISTIC RETURN 1; CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO SELECT 1;`
      return await target(await madeDatabase(await server(), sql, 'CHARACTER SET latin1'))
    },
    absentSource: async () => at(await server(), 'nothing_of_that_name', binDir),
    async unreachableSource() {
      const port = await new Promise<number>((resolve) => {
        const closed = createServer().listen(0, '127.0.0.1', () => {
          const address = closed.address()
          closed.close(() => resolve(typeof address === 'object' && address ? address.port : 1))
        })
      })
      return { ...at(await server(), 'any', binDir), port }
    },
    deniedSource: async () => ({ ...at(await server(), 'mysql', binDir), password: secret('not this 1') }),
    scratch: (source) => ({ mode, source, flags: source.flags }),
    async leftovers() {
      const running = await server()
      const schemas = await running.sql(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'",
      )
      const sessions = await running.sql(
        `SELECT CONCAT('session ', ID, ' ', COALESCE(INFO, '')) FROM information_schema.PROCESSLIST WHERE USER = '${running.user}'`,
      )
      return [...schemas.split('\n'), ...sessions.split('\n')].filter((line) => line !== '')
    },
  }
}
