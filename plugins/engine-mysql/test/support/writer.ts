import mysql from 'mysql2/promise'
import type { Writer } from 'dbvault/testing'
import type { TestServer } from '../../../../test/servers/mysql.ts'

/** Moves amounts between accounts, one transaction after the other; resolves when it has committed for the first time. */
export async function startWriter(server: TestServer, database: string): Promise<Writer> {
  const connection = await mysql.createConnection({ socketPath: server.socket, user: 'root', database })
  let commits = 0
  let stopping = false
  const first = Promise.withResolvers<void>()
  const writing = (async () => {
    while (!stopping) {
      await connection.beginTransaction()
      await connection.query('UPDATE account SET amount = amount - 1 WHERE id = ?', [1 + (commits % 50)])
      await connection.query('INSERT INTO entry (amount, note) VALUES (1, ?)', [`note ${commits}`])
      await connection.query('UPDATE account SET amount = amount + 1 WHERE id = ?', [51 + (commits % 50)])
      await connection.query('DELETE FROM bulk WHERE id = ?', [1000 - (commits % 500)])
      await connection.query('INSERT INTO bulk (body) VALUES (?)', ['z'.repeat(100)])
      await connection.commit()
      commits++
      first.resolve()
    }
  })()
  writing.catch(first.reject)
  await first.promise
  return {
    async stop() {
      stopping = true
      await writing
      await connection.end()
      return commits
    },
  }
}
