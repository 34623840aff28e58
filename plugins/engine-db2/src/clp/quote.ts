import type { Host, Secret } from 'dbvault'

/** Who a statement is to be run as. Without one it is the owner of the instance. */
export interface Login {
  readonly user: string
  readonly password?: Secret
}

/** The name of a database as its directory has it: at most eight characters, upper case. @throws USAGE */
export function databaseName(given: string, host: Host): string {
  if (/^[A-Za-z@#$][\w@#$]{0,7}$/.test(given)) return given.toUpperCase()
  throw host.error('USAGE', `${JSON.stringify(given)} cannot be the name of a Db2 database`, {
    hints: ['A name has one to eight letters and digits, and begins with a letter.'],
  })
}

/** @throws USAGE */
export function loginOf(
  { user, password }: { readonly user?: string; readonly password?: Secret },
  host: Host,
): Login | undefined {
  if (user === undefined) {
    if (password === undefined) return undefined
    throw host.error('USAGE', 'A password was given, but no user', { hints: ['Say whose it is: --user'] })
  }
  if (!/^[^\s"';\\]+$/.test(user)) throw host.error('USAGE', 'This user name cannot be given to db2')
  // The command line processor has no way to write these.
  if (password !== undefined && /["\p{Cc}]/u.test(password.reveal())) {
    throw host.error('USAGE', 'This password cannot be given to db2: it has a quotation mark or a control character')
  }
  return { user, ...(password && { password }) }
}

/** ` USER name USING "password"`, which stands on the program's stdin and nowhere else. */
export function asUser(login: Login | undefined): string {
  if (login === undefined) return ''
  return ` USER ${login.user}${login.password === undefined ? '' : ` USING "${login.password.reveal()}"`}`
}

/** @throws USAGE */
export function paths(list: readonly string[], host: Host): string {
  for (const path of list) {
    if (/['\p{Cc}]/u.test(path)) throw host.error('USAGE', `The path ${JSON.stringify(path)} cannot be given to db2`)
  }
  return list.map((path) => `'${path}'`).join(', ')
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
