import type { Host } from 'dbvault'
import { userInfo } from 'node:os'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** A user of this machine, or whom this runs as. @throws SOURCE_NOT_FOUND */
export async function accountOf(name: string | undefined, host: Host): Promise<Account> {
  const { username, uid, gid, homedir } = userInfo()
  if (name === undefined || name === username) return { name: username, uid, gid, home: homedir }
  const unknown = host.error('SOURCE_NOT_FOUND', `There is no instance ${name} here: no user has that name`, {
    hints: ['An instance has the name of the user who owns it: --db2-instance db2inst1'],
  })
  if (!/^[A-Za-z_][\w.$-]*$/.test(name)) throw unknown
  let line = ''
  try {
    // It knows users of a directory service, too.
    for await (const chunk of host.runTool({ command: 'getent', args: ['passwd', name] }))
      line += Buffer.from(chunk).toString()
  } catch {
    host.signal.throwIfAborted()
  }
  const [found, , id, group, , home] = line.trim().split(':')
  if (found !== name || !home) throw unknown
  return { name, uid: Number(id), gid: Number(group), home }
}
