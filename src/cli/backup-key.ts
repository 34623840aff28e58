import { lstat, open, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { EncryptionRequest } from '../operations/backup-request.ts'
import { generateFernetKey, parseFernetKey } from '../pipeline/encrypt/fernet-key.ts'
import { syncDirectory } from '../storage/directory.ts'
import { diskError, errnoOf } from '../storage/disk-error.ts'
import type { Given } from './one-of.ts'
import { readKey } from './secret-input.ts'

interface EncryptionFlags {
  readonly encrypt?: boolean | undefined
  readonly key?: string | undefined
  readonly 'key-file'?: string | undefined
  readonly recipient?: readonly string[] | undefined
  readonly 'save-key'?: string | undefined
}

export interface BackupKey {
  readonly request?: EncryptionRequest
  /** A key that was made for this run, and is nowhere else yet. */
  readonly made?: string
}

/**
 * How to encrypt, from flags. `-k`, `--key-file` and `-r` imply encryption; a key or a recipient that is only exported
 * for other commands does not, but is what `--encrypt` then takes.
 * @param given whether a flag stands on the command line
 * @throws USAGE, KEY_INVALID
 */
export async function backupKey(flags: EncryptionFlags, given: Given): Promise<BackupKey> {
  const keyGiven = given('key') || given('key-file')
  const recipientGiven = given('recipient')
  if (recipientGiven && (keyGiven || flags['save-key'] !== undefined)) {
    throw new DbvaultError('USAGE', 'A backup is encrypted with a key or to recipients, not both', {
      hints: ['Give either --key-file (or -k), or one or more --recipient.'],
    })
  }
  if (!keyGiven && !recipientGiven && !flags.encrypt) {
    if (flags['save-key'] !== undefined) {
      throw new DbvaultError('USAGE', '--save-key has no key to save: add --encrypt')
    }
    return {}
  }
  // What stands on the command line decides; among exported variables a key comes first.
  const exportedKey = flags.key !== undefined || flags['key-file'] !== undefined
  const recipients = recipientGiven || (!keyGiven && !exportedKey) ? (flags.recipient ?? []) : []
  if (recipients.length > 0) {
    const { parseRecipient } = await import('../pipeline/encrypt/age-keys.ts')
    return { request: { scheme: 'age', recipients: recipients.map(parseRecipient) } }
  }
  const known = await readKey(flags, given)
  if (known !== undefined) {
    parseFernetKey(known)
    if (flags['save-key'] !== undefined)
      throw new DbvaultError('USAGE', '--save-key is for a new key, and one was given')
    return { request: { scheme: 'fernet', key: known } }
  }
  if (flags['save-key'] !== undefined) await refuseOccupied(flags['save-key'], '--save-key')
  const made = generateFernetKey()
  return { request: { scheme: 'fernet', key: made }, made }
}

/** Before a key is made, and maybe a long dump: would it have a place afterwards? @throws USAGE, OBJECT_EXISTS */
export async function refuseOccupied(path: string, flag: string): Promise<void> {
  const parent = await stat(dirname(resolve(path))).catch(() => undefined)
  if (!parent?.isDirectory()) throw new DbvaultError('USAGE', `The directory of ${path} (${flag}) does not exist`)
  if (await lstat(path).catch(() => undefined)) throw occupied(path)
}

/**
 * Writes a secret to a new file, 0600, and has it and its name on the disk when it resolves.
 * @throws OBJECT_EXISTS rather than overwrite; STORAGE_FULL, STORAGE_DENIED, STORAGE_FAILED
 */
export async function saveSecret(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
      await syncDirectory(dirname(resolve(path)))
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') throw occupied(path, cause)
    throw diskError('write the key to', path, cause)
  }
}

function occupied(path: string, cause?: unknown): DbvaultError {
  return new DbvaultError('OBJECT_EXISTS', `${path} exists already, and a key file is never overwritten`, {
    hints: ['Choose another path, or use the key in it with --key-file.'],
    cause,
  })
}
