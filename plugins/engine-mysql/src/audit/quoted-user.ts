import type { Session } from '../server/session.ts'

/** The account that the session's rights are of, as GRANT takes it: `'me'@'%'`. */
export async function quotedUser(session: Session): Promise<string> {
  const text = String(await session.value('SELECT CURRENT_USER()'))
  const at = text.lastIndexOf('@')
  return [text.slice(0, at), text.slice(at + 1)].map((part) => `'${part.replaceAll("'", "''")}'`).join('@')
}
