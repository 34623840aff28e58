import { DbvaultError } from '../errors/dbvault-error.ts'

/** `scheme://container/key`, taken apart. */
export interface Address {
  /** In lower case. */
  readonly scheme: string
  readonly container: string
  /** Empty for the whole container; ends in a slash for a folder in it. */
  readonly key: string
}

const ADDRESS = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<container>[^/]*)(?:\/(?<key>.*))?$/is

export const isAddress = (text: string): boolean => ADDRESS.test(text)

/**
 * Container and key are percent-encoded UTF-8, and decoded once; so a `%` of the key's own is written `%25`. Every other
 * character stands for itself, encoded or not: a space, a letter of any script, `+`, `?` and `#`.
 * @throws USAGE when it is no address, or has a `%` that starts no encoded character
 */
export function parseAddress(text: string): Address {
  const { scheme = '', container = '', key = '' } = ADDRESS.exec(text)?.groups ?? {}
  if (scheme === '')
    throw new DbvaultError('USAGE', `${JSON.stringify(text)} is not an address: scheme://container/key`)
  try {
    return { scheme: scheme.toLowerCase(), container: decodeURIComponent(container), key: decodeURIComponent(key) }
  } catch (cause) {
    throw new DbvaultError('USAGE', `${text} is not an address: it has a % that is not part of an encoded character`, {
      cause,
      hints: ['A % in a key is written %25 in its address.'],
    })
  }
}
