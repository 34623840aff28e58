import { randomInt } from 'node:crypto'

/** All that eight characters leave room for. */
const NAME = /^DBV[0-9A-Z]{5}$/

export function scratchName(): string {
  const tail = Array.from({ length: 5 }, () => randomInt(36).toString(36)).join('')
  return `DBV${tail.toUpperCase()}`
}

export function isScratchName(alias: string): boolean {
  return NAME.test(alias)
}
