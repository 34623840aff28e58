import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption'
import { DbvaultError } from '../../errors/dbvault-error.ts'

export interface AgeKeyPair {
  /** The private half: `AGE-SECRET-KEY-1…`. */
  readonly identity: string
  /** The public half: `age1…`. */
  readonly recipient: string
}

/** A new pair of the native X25519 kind, which every age program reads. */
export async function generateAgeIdentity(): Promise<AgeKeyPair> {
  return pairOf(await generateX25519Identity())
}

/**
 * A new pair to stand beside these recipients. It is post-quantum when all of them are: one X25519 stanza among them
 * would hand the file's key to whoever breaks X25519, and undo what they were chosen for.
 */
export async function generateIdentityBeside(recipients: readonly string[]): Promise<AgeKeyPair> {
  const postQuantum = recipients.length > 0 && recipients.every((text) => /^age1(tag)?pq1/.test(text.trim()))
  return postQuantum ? pairOf(await generateHybridIdentity()) : generateAgeIdentity()
}

/**
 * Reads one recipient of any native kind (X25519, post-quantum hybrid, tag), white space around it dropped.
 *
 * @throws DbvaultError KEY_INVALID, which does not repeat the text: it may be an identity, pasted by mistake
 */
export function parseRecipient(text: string): string {
  const recipient = text.trim()
  try {
    new Encrypter().addRecipient(recipient)
    return recipient
  } catch {
    throw invalid(
      `this is not an age recipient: ${whatElse(recipient)}`,
      'An age recipient is one word that begins with age1.',
    )
  }
}

/**
 * Reads one identity, white space around it dropped.
 *
 * @throws DbvaultError KEY_INVALID, which tells nothing of the text
 */
export function parseIdentity(text: string): string {
  const identity = text.trim()
  if (isIdentity(identity)) return identity
  throw invalid('this is not an age identity', 'An age identity is one word that begins with AGE-SECRET-KEY-.')
}

/**
 * Reads the identities of a file as `age-keygen` writes it: one a line, between comments and empty lines.
 *
 * @throws DbvaultError KEY_INVALID, which tells the number of the line and nothing of its text
 */
export function parseIdentityFile(text: string): string[] {
  if (/^(age-encryption\.org\/|-----BEGIN AGE )/.test(text)) {
    throw invalid('the identity file is itself encrypted with age', 'Decrypt it first: age --decrypt -o PLAIN FILE')
  }
  const identities: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.trim()
    if (word === '' || word.startsWith('#')) continue
    if (!isIdentity(word)) {
      throw invalid(
        `line ${index + 1} of the identity file is not an age identity`,
        'Make a pair with: dbvault keygen --age',
      )
    }
    identities.push(word)
  }
  if (identities.length > 0) return identities
  throw invalid('there is no age identity in the identity file', 'Make a pair with: dbvault keygen --age')
}

async function pairOf(identity: string): Promise<AgeKeyPair> {
  return { identity, recipient: await identityToRecipient(identity) }
}

function isIdentity(text: string): boolean {
  try {
    new Decrypter().addIdentity(text)
    return true
  } catch {
    return false
  }
}

function whatElse(text: string): string {
  if (/^AGE-SECRET-KEY-/i.test(text)) return 'it is an identity, the half to keep secret'
  if (text.startsWith('ssh-')) return 'SSH keys are not supported'
  return text.startsWith('age1') ? 'it has a mistake in it' : 'it does not begin with age1'
}

/** No cause is kept: the library's errors quote the key. */
function invalid(message: string, hint: string): DbvaultError {
  return new DbvaultError('KEY_INVALID', message, { hints: [hint] })
}
