import { boolean, string } from '@oclif/core/flags'
import { secretFlag } from '../secret-flags.ts'

const helpGroup = 'ENCRYPTION'

const keyFlags = {
  key: secretFlag({
    char: 'k',
    summary: 'Key, as keygen makes it.',
    env: 'DBVAULT_KEY',
    helpGroup,
  }),
  'key-file': string({ summary: 'Read the key from a file.', helpValue: '<path>', env: 'DBVAULT_KEY_FILE', helpGroup }),
}

/** How `backup` encrypts. */
export const encryptionFlags = {
  encrypt: boolean({
    char: 'e',
    summary: 'Encrypt the backup; without a key one is made and shown once.',
    env: 'DBVAULT_ENCRYPT',
    helpGroup,
  }),
  ...keyFlags,
  recipient: string({
    char: 'r',
    summary: 'Encrypt to an age recipient. Can be repeated.',
    helpValue: '<age1…>',
    multiple: true,
    multipleNonGreedy: true,
    env: 'DBVAULT_RECIPIENT',
    helpGroup,
  }),
  'save-key': string({
    summary: 'Write a key that was made to a new file instead of showing it.',
    helpValue: '<path>',
    env: 'DBVAULT_SAVE_KEY',
    helpGroup,
  }),
}

/** How an encrypted backup is read. */
export const decryptionFlags = {
  ...keyFlags,
  identity: string({
    char: 'i',
    summary: 'File with the age identity.',
    helpValue: '<path>',
    env: 'DBVAULT_IDENTITY',
    helpGroup,
  }),
}
