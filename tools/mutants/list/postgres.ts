import type { Mutant } from '../mutant.ts'

const SOURCE = 'plugins/engine-postgres/src'
const CONFORMANCE = 'plugins/engine-postgres/test/conformance.test.ts'
const RESTORE = 'plugins/engine-postgres/test/restore.test.ts'
const PLAIN = 'plugins/engine-postgres/test/plain.test.ts'
const ACCESS = 'plugins/engine-postgres/test/access.test.ts'
const SCRATCH = 'plugins/engine-postgres/test/scratch.test.ts'

export const POSTGRES: readonly Mutant[] = [
  {
    name: 'rows of PostgreSQL are counted and not digested',
    file: `${SOURCE}/fingerprint/read-fingerprint.ts`,
    find: 'pg_catalog.sum(pg_catalog.hashtextextended(${row} COLLATE "C", 0))',
    replace: 'pg_catalog.count(pg_catalog.hashtextextended(${row} COLLATE "C", 0))',
    killedBy: { file: CONFORMANCE, title: 'prove finds a difference in one value' },
  },
  {
    name: 'a database of PostgreSQL with a foreign server counts as empty',
    file: `${SOURCE}/target/target-state.ts`,
    find: "  'pg_foreign_data_wrapper',\n  'pg_foreign_server',\n",
    replace: '',
    killedBy: { file: RESTORE, title: 'does not take a database for empty that holds a foreign server' },
  },
  {
    name: 'an empty database of PostgreSQL loses what was set on it',
    file: `${SOURCE}/restore.ts`,
    find: "const beside = !(state === 'empty' && hasSettings) &&",
    replace: "const beside = !(state === 'absent' && hasSettings) &&",
    killedBy: { file: RESTORE, title: 'keeps what was set on an empty database' },
  },
  {
    name: 'an empty database of PostgreSQL that was filled meanwhile is dropped',
    file: `${SOURCE}/target/put-in-place.ts`,
    find: 'if (!replace && (await targetState(',
    replace: 'if (replace && (await targetState(',
    killedBy: { file: RESTORE, title: 'leaves an empty database to whoever has filled it meanwhile' },
  },
  {
    name: 'bodies of functions of PostgreSQL are not compared',
    file: `${SOURCE}/fingerprint/read-definitions.ts`,
    find: 'l.lanname, p.prosrc,',
    replace: 'l.lanname,',
    killedBy: { file: PLAIN, title: 'is not equal where the body of a function is another' },
  },
  {
    name: 'the state of a trigger of PostgreSQL is not compared',
    file: `${SOURCE}/fingerprint/read-definitions.ts`,
    find: 't.tgtype, t.tgenabled,',
    replace: 't.tgtype,',
    killedBy: { file: PLAIN, title: 'is not equal where the state of a trigger is another' },
  },
  {
    name: 'hidden options of a user mapping of PostgreSQL are lost without a word',
    file: `${SOURCE}/audit/audit.ts`,
    find: '    ...(await hiddenMappings(session)),\n',
    replace: '    ...(await hiddenMappings(session)).slice(1),\n',
    killedBy: { file: ACCESS, title: 'names the user mappings whose options a user does not see' },
  },
  {
    name: 'a role of PostgreSQL ends a session that has nothing to do',
    file: `${SOURCE}/server/session.ts`,
    find: "const NEWER = ['idle_session_timeout', 'transaction_timeout'] as const",
    replace: "const NEWER = ['transaction_timeout'] as const",
    killedBy: { file: ACCESS, title: 'is not thrown out for having nothing to do' },
  },
  {
    name: 'one scratch database of PostgreSQL that stays keeps the others',
    file: `${SOURCE}/scratch/sweep.ts`,
    find: '    } catch {\n',
    replace: '    } catch {\n      return\n',
    killedBy: { file: SCRATCH, title: 'removes what killed runs have left, though one of it cannot be removed' },
  },
  {
    name: "a user's own schema of the name cron is left out",
    file: `${SOURCE}/sql/left-out.ts`,
    find: '(bound && OF_BOUND.test(statement))',
    replace: '(!bound && OF_BOUND.test(statement))',
    killedBy: { file: PLAIN, title: "holds a schema of the name cron that is the user's own" },
  },
]
