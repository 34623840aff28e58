import type { FlagValues, Host, SystemUser } from 'dbvault'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Flags } from '../descriptor.ts'
import { accountOf } from './account.ts'

/** An instance of Db2 on this machine, as whose owner its programs are run. */
export interface Instance {
  readonly name: string
  /** The owner, where that is another user than this runs as. */
  readonly owner?: SystemUser
  readonly db2: string
  readonly db2ckbkp: string
  /** All that its programs get of an environment: nothing of DB2OPTIONS, DB2DBDFT or a client's settings. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * The server writes images as the owner of the instance, for nobody else to read. So this has to run as that user, or as
 * root, who can become it.
 * @throws SOURCE_NOT_FOUND, SOURCE_DENIED, TOOL_NOT_FOUND
 */
export async function findInstance(flags: FlagValues<Flags>, host: Host): Promise<Instance> {
  const account = await accountOf(flags.instance, host)
  const own = process.getuid?.()
  if (own !== account.uid && own !== 0) {
    throw host.error('SOURCE_DENIED', `Images of the instance ${account.name} can only be read by its owner`, {
      hints: [`Run dbvault as the user ${account.name}, or as root.`],
    })
  }
  const sqllib = join(account.home, 'sqllib')
  const directories =
    flags['bin-dir'] === undefined ? [join(sqllib, 'bin'), join(sqllib, 'adm'), ...onPath()] : [flags['bin-dir']]
  return {
    name: account.name,
    ...(own === account.uid ? {} : { owner: { uid: account.uid, gid: account.gid } }),
    db2: await find('db2', directories, account.name, host),
    db2ckbkp: await find('db2ckbkp', directories, account.name, host),
    env: {
      // In English, and with names in UTF-8: both are read.
      LC_ALL: 'C',
      DB2CODEPAGE: '1208',
      DB2INSTANCE: account.name,
      HOME: account.home,
      INSTHOME: account.home,
      USER: account.name,
      LOGNAME: account.name,
      LD_LIBRARY_PATH: [join(sqllib, 'lib64'), join(sqllib, 'lib32')].join(delimiter),
    },
  }
}

async function find(program: string, directories: readonly string[], instance: string, host: Host): Promise<string> {
  for (const directory of directories) {
    const path = join(directory, program)
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (there) return path
  }
  throw host.error('TOOL_NOT_FOUND', `${program} was not found for the instance ${instance}`, {
    hints: [
      'Name the instance, which is the name of its owner, with --db2-instance.',
      'Or name the directory of db2 and db2ckbkp with --db2-bin-dir.',
    ],
  })
}

function onPath(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory.startsWith('/'))
}
