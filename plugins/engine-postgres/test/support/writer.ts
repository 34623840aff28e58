import type { Writer } from 'dbvault/testing'
import pg from 'pg'
import type { TestPostgres } from '../../../../test/servers/postgres.ts'

/** Moves money between accounts, uses sequences, and writes rows, without pause. */
export async function startWriter(server: TestPostgres, database: string): Promise<Writer> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    database,
  })
  await client.connect()
  let commits = 0
  let stopped = false
  const once = async (): Promise<void> => {
    const from = 1 + (commits % 500)
    await client.query(`BEGIN;
      UPDATE account SET amount = amount - 1 WHERE id = ${from};
      UPDATE account SET amount = amount + 1 WHERE id = ${1 + ((commits * 7) % 500)};
      INSERT INTO entry (amount, note) VALUES (1, repeat('x', 200));
      DELETE FROM entry WHERE id < (SELECT max(id) - 50 FROM entry);
      SELECT nextval('free_seq');
      COMMIT`)
    commits++
  }
  await once()
  const writing = (async () => {
    while (!stopped) await once()
  })()
  return {
    async stop() {
      stopped = true
      await writing
      await client.end()
      return commits
    },
  }
}
