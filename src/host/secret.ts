import { inspect } from 'node:util'
import type { Secret } from '../contract/host.ts'

const SHOWN = '[secret]'

/** Text that only `reveal` gives away: every other way of printing it shows `[secret]`. */
export class SecretText implements Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return SHOWN
  }

  toJSON(): string {
    return SHOWN
  }

  [Symbol.toPrimitive](): string {
    return SHOWN
  }

  [inspect.custom](): string {
    return SHOWN
  }
}

export function secret(text: string): Secret {
  return new SecretText(text)
}
