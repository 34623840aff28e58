import { randomBytes } from 'node:crypto'

const PARTIAL = /^\.(?<name>.+)\.[0-9a-f]{16}\.partial$/s
const CLAIM_ID = '0'.repeat(16)

/** The name under which a file is written before it becomes `name`. */
export function partialName(name: string): string {
  return `.${name}.${randomBytes(8).toString('hex')}.partial`
}

/** Of the directory that holds others off while `name` is made without hard links. */
export function claimName(name: string): string {
  return `.${name}.${CLAIM_ID}.partial`
}

/** What is being written under the name, where that is one of ours. */
export function finalName(partial: string): string | undefined {
  return PARTIAL.exec(partial)?.groups?.['name']
}
