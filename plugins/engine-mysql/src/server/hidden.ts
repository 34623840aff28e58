import type { Secret } from 'dbvault'
import { inspect } from 'node:util'

/** A secret that was found inside of something else: in a URL, in an option file. */
export function hidden(text: string): Secret {
  const shown = (): string => '[secret]'
  const secret = { reveal: () => text, toString: shown, toJSON: shown, [inspect.custom]: shown }
  return Object.defineProperty(secret, 'reveal', { enumerable: false })
}
