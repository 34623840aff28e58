import type { Secret } from 'dbvault'

/** A password, wherever else it came from. Shows as little as the core's own. */
export function secretOf(text: string): Secret {
  return Object.freeze({ reveal: () => text, toString: () => '[secret]', toJSON: () => '[secret]' })
}
