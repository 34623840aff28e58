import type { Mutant } from '../mutant.ts'

const SOURCE = 'plugins/engine-mysql/src'
const CONFORMANCE = 'plugins/engine-mysql/test/conformance.test.ts'
const RIGHTS = 'plugins/engine-mysql/test/rights.test.ts'
const NAMES = 'plugins/engine-mysql/test/names.test.ts'
const OWN_NAME = 'plugins/engine-mysql/test/own-name.test.ts'
const SWAP = 'plugins/engine-mysql/test/swap.test.ts'

export const MYSQL: readonly Mutant[] = [
  {
    name: 'every pattern of a grant of MySQL counts',
    file: `${SOURCE}/audit/grants.ts`,
    find: 'plainLength(one) === most && holds(one)',
    replace: 'plainLength(one) <= most && holds(one)',
    killedBy: { file: RIGHTS, title: 'is told what it lacks though another pattern would give it' },
  },
  {
    name: 'a right that MySQL has taken back counts',
    file: `${SOURCE}/audit/grants.ts`,
    find: "one.kind === 'revoke' && one.database === database",
    replace: "one.kind === 'revoke' && one.database === ''",
    killedBy: { file: RIGHTS, title: 'are read with what is taken back of what is given for all' },
  },
  {
    name: 'databases of MySQL are told apart by letters alone',
    file: `${SOURCE}/server/quote.ts`,
    find: 'return `(${column} = ${text} AND ${exact(column)} = ${exact(text)})`',
    replace: 'return `(LOWER(${column}) = LOWER(${text}) OR ${exact(column)} = ${exact(text)})`',
    killedBy: { file: NAMES, title: 'is dumped, counted and replaced for itself' },
  },
  {
    name: 'rows of MySQL are counted and not digested',
    file: `${SOURCE}/fingerprint/read-fingerprint.ts`,
    find: 'COALESCE(SUM(${rowNumber(read)}), 0) s',
    replace: 'COUNT(${rowNumber(read)}) s',
    killedBy: { file: CONFORMANCE, title: 'prove finds a difference in one value' },
  },
  {
    name: 'the last line of a dump of MySQL is not looked for',
    file: `${SOURCE}/sql/trailer.ts`,
    find: 'if (!TRAILER.test(',
    replace: 'if (input === undefined && !TRAILER.test(',
    killedBy: { file: CONFORMANCE, title: 'prove and check reject a dump that is cut' },
  },
  {
    name: 'MySQL keeps a -0 that no dump has',
    file: `${SOURCE}/fingerprint/row-expression.ts`,
    find: "`IF(${quoted} = 0, '0', CAST(${quoted} AS CHAR))`",
    replace: '`CAST(${quoted} AS CHAR)`',
    killedBy: { file: OWN_NAME, title: 'is proven, and restored under another name' },
  },
  {
    name: 'a default of MariaDB names the database that was restored beside',
    file: `${SOURCE}/target/swap.ts`,
    find: '    await renameInDefaults()\n',
    replace: '    if (!replace) await renameInDefaults()\n',
    killedBy: { file: OWN_NAME, title: 'is proven, and restored under another name' },
  },
  {
    name: 'a view of MySQL names the database that was dumped before its functions',
    file: `${SOURCE}/sql/unqualified.ts`,
    find: '${own}(?=${ID}\\\\s*[.(])',
    replace: '${own}(?=${ID}\\\\s*[.])',
    killedBy: { file: OWN_NAME, title: 'is proven, and restored under another name' },
  },
  {
    name: 'a database of MySQL is replaced by who could not put it back',
    file: `${SOURCE}/target/swap.ts`,
    find: '  if (occupied) await refuseUnmakable()\n',
    replace: '  if (!occupied) await refuseUnmakable()\n',
    killedBy: { file: SWAP, title: 'to a user who may not make what others have defined' },
  },
  {
    name: 'a database of MySQL has no sign of an unfinished restore',
    file: `${SOURCE}/target/swap.ts`,
    find: '    await putSign(session, target, id)\n',
    replace: '    if (!occupied) await putSign(session, target, id)\n',
    killedBy: { file: SWAP, title: 'leaves a sign in the database until it is whole' },
  },
  {
    name: 'a view of MySQL that was broken before keeps a restore from being undone',
    file: `${SOURCE}/target/objects.ts`,
    find: 'failed.find(({ one }) => !one.broken)',
    replace: 'failed.at(0)',
    killedBy: { file: SWAP, title: 'though a view of what was there was broken before' },
  },
  {
    name: 'a restore of MySQL goes on without its lock',
    file: `${SOURCE}/restore.ts`,
    find: '    await stillAlone()\n',
    replace: '    if (!target.replace) await stillAlone()\n',
    killedBy: { file: SWAP, title: 'changes nothing once it no longer has the target alone' },
  },
  {
    name: 'an undone restore of MySQL drops what others have made',
    file: `${SOURCE}/target/undo.ts`,
    find: 'if (theirs.length === 0) return await',
    replace: 'if (theirs.length >= 0) return await',
    killedBy: { file: SWAP, title: 'leaves what others have put meanwhile into a database that it has made' },
  },
]
