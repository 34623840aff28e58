import type { Host, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { loginOf } from './server/login.ts'
import { serverError } from './server/server-error.ts'
import { connect } from './server/session.ts'
import { SCRATCH_NAME } from './scratch/sweep.ts'
import { KEPT_NAME } from './target/journal.ts'

const SYSTEM = ['information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo']

/** Every database that this user may see, without those of the server itself and our own scratch. */
export async function* databases(source: Source<Flags>, host: Host): AsyncGenerator<string> {
  await using session = await connect(await loginOf(source, host), host)
  const rows = await session
    .rows('SELECT SCHEMA_NAME n FROM information_schema.SCHEMATA ORDER BY 1')
    .catch((error: unknown) => {
      throw serverError(host, session.login, error)
    })
  for (const row of rows) {
    const name = String(row['n'])
    if (!SYSTEM.includes(name.toLowerCase()) && !SCRATCH_NAME.test(name) && !KEPT_NAME.test(name)) yield name
  }
}
