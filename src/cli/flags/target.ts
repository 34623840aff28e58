import { boolean, integer, string } from '@oclif/core/flags'
import { secretFlag } from '../secret-flags.ts'

const helpGroup = 'TARGET'

/**
 * Where `restore` writes to. From the command line only, but for the password: a variable that was exported for a
 * backup must never aim a restore.
 */
export const targetFlags = {
  host: string({ char: 'H', summary: 'Server to restore to [localhost].', helpGroup }),
  port: integer({ char: 'P', summary: 'Its port.', min: 1, max: 65_535, helpGroup }),
  user: string({ char: 'u', summary: 'User to log in as.', helpGroup }),
  password: secretFlag({
    char: 'p',
    summary: 'Its password; on a terminal it is asked for.',
    env: 'DBVAULT_PASSWORD',
    helpGroup,
  }),
  'password-file': string({
    summary: 'Read the password from a file.',
    helpValue: '<path>',
    env: 'DBVAULT_PASSWORD_FILE',
    helpGroup,
  }),
  'password-command': string({
    summary: 'Read the password from what a command prints.',
    helpValue: '<command>',
    env: 'DBVAULT_PASSWORD_COMMAND',
    helpGroup,
  }),
  url: secretFlag({ summary: 'Connection string, in place of the flags above.', helpGroup }),
  database: string({ char: 'D', summary: 'Database to restore into: a name, or the path of a file.', helpGroup }),
  replace: boolean({ summary: 'Replace what is in the target.', helpGroup }),
  'dry-run': boolean({ summary: 'Say what would be done, and do nothing.', env: 'DBVAULT_DRY_RUN', helpGroup }),
  yes: boolean({ summary: 'Do not ask.', helpGroup }),
}
