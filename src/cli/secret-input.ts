import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Secret } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { secret } from '../host/secret.ts'
import { type Given, oneOf } from './one-of.ts'
import type { Unlock } from '../operations/unlock.ts'
import { parseFernetKey } from '../pipeline/encrypt/fernet-key.ts'

interface PasswordFlags {
  readonly password?: string | undefined
  readonly 'password-file'?: string | undefined
  readonly 'password-command'?: string | undefined
}

interface KeyFlags {
  readonly key?: string | undefined
  readonly 'key-file'?: string | undefined
  readonly identity?: string | undefined
}

/** The password from wherever it was given; undefined when it was not. One line ending at its end is not part of it. */
export async function readPassword(flags: PasswordFlags, given: Given): Promise<Secret | undefined> {
  const from = oneOf(['password', 'password-file', 'password-command'], flags, given)
  if (from === undefined) return undefined
  const value = flags[from] ?? ''
  if (from === 'password') return secret(value)
  return secret(
    withoutLineEnd(await (from === 'password-file' ? readSecretFile(value, '--password-file') : outputOf(value))),
  )
}

/** The text of the key that was given; undefined when none was. @throws USAGE when two were given */
export async function readKey(flags: KeyFlags, given: Given): Promise<string | undefined> {
  const from = oneOf(['key', 'key-file'], flags, given)
  if (from === undefined) return undefined
  const value = flags[from] ?? ''
  return from === 'key' ? value : (await readSecretFile(value, '--key-file')).trim()
}

/** What was given to read encrypted backups with. @throws KEY_INVALID, USAGE */
export async function readUnlock(flags: KeyFlags, given: Given): Promise<Unlock> {
  const key = await readKey(flags, given)
  return {
    ...(key !== undefined && { key: parseFernetKey(key) }),
    ...(flags.identity !== undefined && { identities: await readIdentities(flags.identity) }),
  }
}

async function readIdentities(path: string): Promise<string[]> {
  const { parseIdentityFile } = await import('../pipeline/encrypt/age-keys.ts')
  return parseIdentityFile(await readSecretFile(path, '--identity'))
}

async function readSecretFile(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const why =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read'
    throw new DbvaultError('USAGE', `The file ${path} of ${flag} ${why}`, { cause })
  }
}

async function outputOf(command: string): Promise<string> {
  try {
    return (await promisify(execFile)('/bin/sh', ['-c', command], { timeout: 60_000 })).stdout
  } catch (error) {
    // Neither the command nor its output is quoted, nor kept as a cause for DEBUG: either may hold the password.
    const { code, signal } = error as { readonly code?: number | string | null; readonly signal?: string | null }
    const how = signal ? `was ended by ${signal}` : `failed (${code ?? 'for no known reason'})`
    throw new DbvaultError('USAGE', `The command of --password-command ${how}`)
  }
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '')
