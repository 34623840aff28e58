import type { Place } from '../server/place.ts'

/** What the connection string calls them, for programs that know nothing else. */
const PARAMETERS = [
  'authSource',
  'authMechanism',
  'tls',
  'tlsCAFile',
  'tlsCertificateKeyFile',
  'tlsInsecure',
  'replicaSet',
  'directConnection',
] as const

/**
 * All that is known of a place in one connection string, without a database: MongoDB's programs refuse one there beside
 * `--db`. It holds the password, and goes into a file only.
 */
export function toolUri({ url, options }: Place): string {
  const [, scheme = 'mongodb', user = '', hosts = '', database = '', query = ''] =
    /^(mongodb(?:\+srv)?):\/\/(?:([^@/?]*)@)?([^@/?]+)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(url.reveal()) ?? []
  const parameters = new URLSearchParams(query)
  // A database in the string is where the user belongs, unless it says so itself.
  if (database !== '' && !parameters.has('authSource')) parameters.set('authSource', decodeURIComponent(database))
  for (const name of PARAMETERS) {
    const value = options[name]
    if (value !== undefined) parameters.set(name, String(value))
  }
  const { auth } = options
  const login = auth?.username === undefined ? user : `${escaped(auth.username)}:${escaped(auth.password ?? '')}`
  return `${scheme}://${login === '' ? '' : `${login}@`}${hosts}/?${parameters.toString()}`
}

function escaped(text: string): string {
  return encodeURIComponent(text)
}
