import type { FlagValues, Host } from 'dbvault'
import type { Flags } from './descriptor.ts'

export interface Settings {
  readonly bucket: string
  /** Without a slash at its end; undefined for Google's. */
  readonly endpoint: string | undefined
  /** Whether requests go without a login. */
  readonly isAnonymous: boolean
  readonly project: string | undefined
  readonly ofObjects: ObjectSettings
}

/** What goes with every object that is stored. */
export interface ObjectSettings {
  readonly storageClass: string | undefined
  readonly kmsKey: string | undefined
}

/** Says what can be said of the flags without asking anybody. @throws USAGE */
export function settingsOf(flags: FlagValues<Flags>, host: Host): Settings {
  const { bucket, project, 'storage-class': storageClass, 'kms-key': kmsKey } = flags
  const usage = (message: string, ...hints: string[]): Error => host.error('USAGE', message, { hints })
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) {
    throw usage(
      `${JSON.stringify(bucket)} cannot be the name of a bucket`,
      'It has at least 3 small letters, digits, dashes, dots and underscores. What comes after the bucket is --gcp-blob.',
    )
  }
  if (project !== undefined && !/^[a-z0-9][a-z0-9.:-]*$/.test(project)) {
    throw usage(`${JSON.stringify(project)} cannot be the id of a project`)
  }
  if (kmsKey !== undefined && !/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(kmsKey)) {
    throw usage(
      `--gcp-kms-key has to be the whole name of a key, not ${JSON.stringify(kmsKey)}`,
      'Give it like projects/P/locations/L/keyRings/R/cryptoKeys/K.',
    )
  }
  const endpoint = flags.endpoint === undefined ? undefined : endpointOf(flags.endpoint, usage)
  // A login is worth more than any backup: it is shown to nobody on the way, and to no emulator.
  const isAnonymous = endpoint?.startsWith('http:') === true || isEmulator(flags.endpoint)
  return { bucket, endpoint, isAnonymous, project, ofObjects: { storageClass, kmsKey } }
}

/** The variable is for servers that know no login. */
function isEmulator(endpoint: string | undefined): boolean {
  return endpoint !== undefined && endpoint === process.env['STORAGE_EMULATOR_HOST']
}

function endpointOf(given: string, usage: (message: string, ...hints: string[]) => Error): string {
  // The variable of the emulators is a host and a port to some of Google's clients, and a URL to others.
  const text = isEmulator(given) && !given.includes('://') ? `http://${given}` : given
  const url = URL.canParse(text) ? new URL(text) : undefined
  const hint = 'Give it like https://storage.example.org:4443.'
  if (url?.username || url?.password) {
    throw usage('--gcp-endpoint takes no user and password', 'Set GOOGLE_APPLICATION_CREDENTIALS.')
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw usage(`--gcp-endpoint has to be the URL of a server, not ${JSON.stringify(given)}`, hint)
  }
  if (!/^\/(storage\/v1\/?)?$/.test(url.pathname) || url.search || url.hash) {
    throw usage('--gcp-endpoint has to end with its host or port', hint)
  }
  return url.origin
}
