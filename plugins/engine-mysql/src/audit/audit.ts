import type { Finding } from 'dbvault'
import { unreadableViews } from '../dump/unreadable-views.ts'
import type { TableObject } from '../fingerprint/read-objects.ts'
import type { Facts } from '../server/facts.ts'
import { isDatabase, name, shown } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import type { Tool } from '../tool/find-tools.ts'
import { hasSign } from '../target/sign.ts'
import { unfinished } from '../target/recover.ts'
import { absentDefiners } from './absent-definers.ts'
import { quotedUser } from './quoted-user.ts'
import { asPattern, grantedOn, grants, readGrants, type Grant } from './grants.ts'

/**
 * What a dump by this user would silently lack. The programs leave out triggers, routines and events that the user may
 * not see, without a word and with exit code 0, so that the rights alone can tell.
 */
export async function audit(
  session: Session,
  database: string,
  facts: Facts,
  tables: readonly TableObject[],
  tool: Tool,
): Promise<Finding[]> {
  const held = await readGrants(session)
  const user = await quotedUser(session)
  return [
    ...(await killedRestores(session, database)),
    ...rightsFindings(held, database, facts, user),
    ...(await viewFindings(session, database)),
    ...(await definerFindings(session, database)),
    ...engineFindings(tables),
    ...lockFindings(held, user),
    ...(await toolFindings(session, database, facts, tool)),
  ]
}

/** Between the move of the tables and its end a restore leaves a database without its views, triggers and routines. */
async function killedRestores(session: Session, database: string): Promise<Finding[]> {
  if (!(await hasSign(session, database)) && (await unfinished(session, database)).length === 0) return []
  return [
    {
      severity: 'incomplete',
      message: `A restore into ${shown(database)} has not come to its end, so that views, triggers or routines may be missing`,
      fixes: [`Let it end. If it was killed, restore into it again with --replace, which first makes it what it was.`],
    },
  ]
}

function rightsFindings(held: readonly Grant[], database: string, facts: Facts, user: string): Finding[] {
  const needed: readonly (readonly [right: string, what: string])[] = [
    ['SELECT', 'tables that are granted one by one are dumped, and any others are missing'],
    ['SHOW VIEW', 'views'],
    ['TRIGGER', 'triggers'],
    ['EVENT', 'events'],
  ]
  const findings = needed
    .filter(([right]) => !grants(held, right, database))
    .map(([right, what]): Finding => ({
      severity: 'incomplete',
      message: `This user lacks ${right} on ${name(database)}, without which the dump lacks ${right === 'SELECT' ? 'tables' : what}`,
      fixes: [`GRANT ${right} ON ${grantedOn(held, asPattern(database))} TO ${user};`],
    }))
  if (seesRoutines(held, facts)) return findings
  return [
    ...findings,
    {
      severity: 'incomplete',
      message: 'This user may not read the bodies of routines, without which the dump lacks procedures and functions',
      fixes: [
        facts.vendor === 'MariaDB' ? `GRANT SELECT ON mysql.proc TO ${user};` : `GRANT SHOW_ROUTINE ON *.* TO ${user};`,
      ],
    },
  ]
}

function seesRoutines(held: readonly Grant[], { vendor, version }: Facts): boolean {
  if (vendor === 'MariaDB') {
    // SHOW CREATE ROUTINE came with 11.3.
    return grants(held, 'SELECT', 'mysql', 'proc') || grants(held, 'SHOW CREATE ROUTINE', '*')
  }
  if (version.startsWith('5.')) return grants(held, 'SELECT', 'mysql', 'proc')
  return held.some(
    (grant) =>
      grant.database === '*' &&
      ['SHOW_ROUTINE', 'SELECT', 'ALL PRIVILEGES'].some((right) => grant.rights.includes(right)),
  )
}

async function viewFindings(session: Session, database: string): Promise<Finding[]> {
  return (await unreadableViews(session, database)).map((view) => ({
    severity: 'incomplete',
    message: `View ${shown(view.name)} cannot be read, so no dump can hold it: ${view.why}`,
    fixes: [`DROP VIEW ${name(database)}.${name(view.name)};`],
  }))
}

async function definerFindings(session: Session, database: string): Promise<Finding[]> {
  const message = await absentDefiners(session, database)
  return message === undefined ? [] : [{ severity: 'warning', message }]
}

function engineFindings(tables: readonly TableObject[]): Finding[] {
  const outside = tables.filter(({ kind, transactional }) => kind === 'table' && !transactional)
  if (outside.length === 0) return []
  const named = outside.slice(0, 10).map((table) => shown(table.name))
  const more = outside.length > 10 ? ` and ${outside.length - 10} more` : ''
  return [
    {
      severity: 'warning',
      message: `Tables of a storage engine without transactions may not be of one moment with the rest: ${named.join(', ')}${more}`,
    },
  ]
}

function lockFindings(held: readonly Grant[], user: string): Finding[] {
  const may = held.some(
    (grant) =>
      grant.database === '*' &&
      ['RELOAD', 'FLUSH_TABLES', 'ALL PRIVILEGES'].some((right) => grant.rights.includes(right)),
  )
  if (may) return []
  return [
    {
      severity: 'warning',
      message:
        'This user may not lock all tables for a moment: rows that change while the dump begins are not compared',
      fixes: [`GRANT RELOAD ON *.* TO ${user};`],
    },
  ]
}

/** The programs of the one vendor do not know what is special to the other's server. */
async function toolFindings(session: Session, database: string, facts: Facts, tool: Tool): Promise<Finding[]> {
  const fixes = [`Install the client programs of ${facts.vendor}, or name their directory with --mysql-bin-dir.`]
  const findings: Finding[] = []
  if (tool.vendor !== facts.vendor) {
    const generated = await session.value(
      `SELECT COUNT(*) FROM information_schema.COLUMNS WHERE ${isDatabase('TABLE_SCHEMA', database)} AND GENERATION_EXPRESSION <> ''`,
    )
    if (Number(generated) > 0 && tool.vendor === 'MariaDB') {
      const message = `${tool.path} is of MariaDB, and dumps generated columns of MySQL so that no server takes them back`
      findings.push({ severity: 'incomplete', message, fixes })
    } else {
      const message = `${tool.path} is of ${tool.vendor}, and may not know all that a server of ${facts.vendor} holds`
      findings.push({ severity: 'warning', message, fixes })
    }
  }
  const versioned = tool.knows('dump-history') ? 0 : await versionedTables(session, database, facts)
  if (versioned > 0) {
    const message = `${tool.path} does not dump the history of system-versioned tables, of which there are ${versioned}`
    findings.push({ severity: 'incomplete', message, fixes: ['Use mariadb-dump of MariaDB 10.11 or newer.'] })
  }
  return findings
}

async function versionedTables(session: Session, database: string, { vendor }: Facts): Promise<number> {
  if (vendor === 'MySQL') return 0
  const where = `${isDatabase('TABLE_SCHEMA', database)} AND TABLE_TYPE = 'SYSTEM VERSIONED'`
  return Number(await session.value(`SELECT COUNT(*) FROM information_schema.TABLES WHERE ${where}`))
}
