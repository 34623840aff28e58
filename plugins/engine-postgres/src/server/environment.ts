import type { Host } from 'dbvault'
import { readFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { sslModeOf } from './connection-url.ts'
import { definedOnly, secretOf, type Settings } from './server.ts'

/** The environment and password file that libpq reads; service files are not. Only for who asks for it. */
export async function fromEnvironment(known: Settings, host: Host): Promise<Settings> {
  const { env } = process
  const mode = env['PGSSLMODE']
  const found: Settings = definedOnly({
    host: env['PGHOST'],
    port: env['PGPORT'] === undefined ? undefined : Number(env['PGPORT']),
    user: env['PGUSER'],
    database: env['PGDATABASE'],
    sslmode:
      mode === undefined
        ? undefined
        : sslModeOf(mode, (why) => host.error('USAGE', `PGSSLMODE cannot be used: ${why}`)),
    rootCert: env['PGSSLROOTCERT'],
    cert: env['PGSSLCERT'],
    key: env['PGSSLKEY'],
  })
  if (known.password !== undefined || env['PGPASSWORD']) return found
  const password = await fromPasswordFile({ ...found, ...known })
  return password === undefined ? found : { ...found, password: secretOf(password) }
}

/** The first line of the password file that matches, as libpq takes it ("The Password File"). */
async function fromPasswordFile({ host, port, user, database }: Settings): Promise<string | undefined> {
  const path = process.env['PGPASSFILE'] ?? join(homedir(), '.pgpass')
  const text = await readFile(path, 'utf8').catch(() => '')
  const name = user ?? userInfo().username
  const wanted = [host ?? 'localhost', String(port ?? 5432), database ?? name, name]
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const fields = splitFields(line)
    const matches = wanted.every((value, place) => fields[place] === '*' || fields[place] === value)
    if (matches && fields.length === 5) return fields[4]
  }
  return undefined
}

/** Five fields with colons between them; a backslash takes its meaning from the character after it. */
function splitFields(line: string): string[] {
  const fields: string[] = []
  let field = ''
  for (let at = 0; at < line.length; at++) {
    const escaped = line[at] === '\\' && at + 1 < line.length
    if (line[at] === ':' && fields.length < 4) {
      fields.push(field)
      field = ''
    } else field += line.charAt(escaped ? ++at : at)
  }
  return [...fields, field]
}
