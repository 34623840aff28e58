import type { Mutant } from '../mutant.ts'

const SRC = 'plugins/engine-sqlite/src'
const TEST = 'plugins/engine-sqlite/test'
const RESTORE = `${TEST}/restore.test.ts`
const FINGERPRINT = `${TEST}/fingerprint.test.ts`

export const SQLITE: readonly Mutant[] = [
  {
    name: 'SQLite: restore overwrites a database that came to be meanwhile',
    file: `${SRC}/put-in-place.ts`,
    find: 'if (!(await linkNew(temporary, path))) throw notEmpty(host, path)',
    replace: 'if (!(await linkNew(temporary, path))) await rename(temporary, path)',
    killedBy: { file: RESTORE, title: 'refuses a database that came to be while it was running' },
  },
  {
    name: 'SQLite: restore does not see a -wal without its database',
    file: `${SRC}/restore.ts`,
    find: "if (place.state === 'occupied' && !target.replace)",
    replace: "if (place.state === 'occupied' && !target.replace && place.bytes !== undefined)",
    killedBy: { file: RESTORE, title: 'takes logs without their database for something that is there' },
  },
  {
    name: 'SQLite: restore leaves a -wal whose database is gone',
    file: `${SRC}/put-in-place.ts`,
    find: 'if (target.replace) await Promise.all(place.sidecars',
    replace: 'if (!target.replace) await Promise.all(place.sidecars',
    killedBy: { file: RESTORE, title: 'takes logs without their database for something that is there' },
  },
  {
    name: 'SQLite: restore leaves the -wal of what it replaces',
    file: `${SRC}/worker/replace-database.ts`,
    find: 'for (const path of sidecars(target)) rmSync(path, { force: true })',
    replace: "for (const path of sidecars(target)) if (path === '') rmSync(path, { force: true })",
    killedBy: { file: RESTORE, title: 'takes the place of a file that is no database' },
  },
  {
    name: 'SQLite: restore replaces a database that another process has open',
    file: `${SRC}/put-in-place.ts`,
    find: 'if (user !== undefined) throw',
    replace: "if (user !== undefined && path === '') throw",
    killedBy: { file: RESTORE, title: 'refuses a DELETE database that another process has open, even idle' },
  },
  {
    name: 'SQLite: a restored file can be read by others',
    file: `${SRC}/receive.ts`,
    find: "open(path, 'wx', 0o600)",
    replace: "open(path, 'wx', 0o644)",
    killedBy: { file: RESTORE, title: 'makes a file that only its owner can read' },
  },
  {
    name: 'SQLite: the rows of a restored file are not compared',
    file: `${SRC}/restore.ts`,
    find: '...(wanted && fingerprint ? differences(wanted, fingerprint) : [])',
    replace: "...(wanted && fingerprint ? differences(wanted, fingerprint).filter((line) => line === '') : [])",
    killedBy: { file: `${TEST}/conformance.test.ts`, title: 'a restore that finds a difference throws RESTORE_FAILED' },
  },
  {
    name: 'SQLite: the fingerprint is of a later moment than the copy',
    file: `${SRC}/worker/take-snapshot.ts`,
    find: '  context.copied({ bytes })\n',
    replace: "  if (db.isTransaction) db.exec('COMMIT')\n  context.copied({ bytes })\n",
    killedBy: { file: `${TEST}/snapshot.test.ts`, title: 'while another process writes in journal mode WAL' },
  },
  {
    name: 'SQLite: the fingerprint does not tell a blob from a text',
    file: `${SRC}/worker/row-encoding.ts`,
    find: "concat('b',${blob})",
    replace: "concat('t',${blob})",
    killedBy: { file: FINGERPRINT, title: 'tells all values and storage classes apart in UTF-8' },
  },
  {
    name: 'SQLite: the fingerprint leaves out columns',
    file: `${SRC}/worker/tables.ts`,
    find: '.filter(({ hidden }) => hidden !== 2).map(name)',
    replace: '.filter(({ hidden }) => hidden !== 2).map(name).slice(0, 2)',
    killedBy: { file: FINGERPRINT, title: 'changes with a value in a WITHOUT ROWID table' },
  },
  {
    name: 'SQLite: the fingerprint ends after the first rows',
    file: `${SRC}/worker/digest-rows.ts`,
    find: 'if (last === LARGEST_ROWID) break',
    replace: 'if (last === LARGEST_ROWID || rows > 0) break',
    killedBy: { file: FINGERPRINT, title: 'changes with a value in the last of many batches' },
  },
  {
    name: 'SQLite: a table that is missing is no difference',
    file: `${SRC}/fingerprint.ts`,
    find: 'if (entry === undefined) yield `table ${show(name)} is missing`',
    replace: 'if (entry === undefined) continue',
    killedBy: { file: FINGERPRINT, title: 'names what differs' },
  },
  {
    name: 'SQLite: the structure of a restored file is not checked',
    file: `${SRC}/worker/examine-file.ts`,
    find: "damage: checkIntegrity(db, 'integrity_check')",
    replace: "damage: checkIntegrity(db, 'integrity_check').slice(99)",
    killedBy: { file: `${TEST}/damage.test.ts`, title: 'in an index, which no reading of rows finds' },
  },
  {
    name: 'SQLite: quick_check in place of integrity_check',
    file: `${SRC}/worker/examine-file.ts`,
    find: "damage: checkIntegrity(db, 'integrity_check')",
    replace: "damage: checkIntegrity(db, 'quick_check')",
    killedBy: { file: `${TEST}/damage.test.ts`, title: 'in an index that is whole, but not of its table' },
  },
  {
    name: 'SQLite: a copy with fewer pages than the database is a dump',
    file: `${SRC}/read-stored.ts`,
    find: 'if (pages !== undefined && bytes !== pages * pageSize) {',
    replace: 'if (pages !== undefined && bytes > pages * pageSize) {',
    killedBy: { file: `${TEST}/conformance.test.ts`, title: 'prove and check reject a dump that is cut' },
  },
]
