import { boolean, integer, string } from '@oclif/core/flags'
import { secretFlag } from '../secret-flags.ts'

const helpGroup = 'SOURCE'

/** Which databases `backup` reads. */
export const sourceFlags = {
  db: string({
    char: 'd',
    summary: 'Kind of database.',
    helpValue: '<engine>',
    env: 'DBVAULT_DB',
    helpGroup,
  }),
  host: string({ char: 'H', summary: 'Server to connect to [localhost].', env: 'DBVAULT_HOST', helpGroup }),
  port: integer({ char: 'P', summary: 'Its port.', min: 1, max: 65_535, env: 'DBVAULT_PORT', helpGroup }),
  user: string({ char: 'u', summary: 'User to log in as.', env: 'DBVAULT_USER', helpGroup }),
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
  url: secretFlag({ summary: 'Connection string, in place of the flags above.', env: 'DBVAULT_URL', helpGroup }),
  database: string({
    char: 'D',
    summary: 'Database to back up: a name, or the path of a file. Can be repeated.',
    multiple: true,
    multipleNonGreedy: true,
    env: 'DBVAULT_DATABASE',
    helpGroup,
  }),
  'all-databases': boolean({
    summary: 'Back up every database of the server.',
    env: 'DBVAULT_ALL_DATABASES',
    helpGroup,
  }),
}
