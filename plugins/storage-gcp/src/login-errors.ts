import type { ErrorCode } from 'dbvault'
import type { Failure } from './failure.ts'

/** Why a request has failed, in the user's words. */
export interface Cause {
  readonly code: ErrorCode
  readonly why: string
  readonly hints?: readonly string[]
  /** Whether it may succeed if it is simply made again. */
  readonly passing?: boolean
}

const LOG_IN =
  'Log in with gcloud auth application-default login, or name the file of a key in GOOGLE_APPLICATION_CREDENTIALS.'
const THE_FILE = 'Look at GOOGLE_APPLICATION_CREDENTIALS, which has to name the JSON file of a key.'

/** Why there is no login; undefined where the network is why. */
export function byLogin({ code, status, message }: Failure): Cause | undefined {
  const denied = (why: string, hint = LOG_IN): Cause => ({ code: 'STORAGE_DENIED', why, hints: [hint] })
  if (status !== undefined && (status === 429 || status >= 500)) {
    return { code: 'STORAGE_UNREACHABLE', why: `the server that logs in answers ${status}`, passing: true }
  }
  if (/could not load the default credentials/i.test(message)) return denied('there are no credentials')
  if (/does not exist, or it is not a file/.test(message) || /^(ENOENT|EACCES|EISDIR)$/.test(code)) {
    return denied('the file of the credentials cannot be read', THE_FILE)
  }
  if (/^E[A-Z]{3,}$|_?CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL_WRONG|^EAI_AGAIN$/.test(code)) return undefined
  if (code === 'invalid_grant' && /reasonable timeframe|\biat\b|clock/i.test(message)) {
    return denied(
      'the clock of this machine is wrong, so that its login is not valid',
      'Set the clock of this machine right.',
    )
  }
  if (/^(invalid|unauthorized|access)_/.test(code) || status !== undefined) {
    return denied(`the login is not valid, or no longer (${[code, message].filter((text) => text !== '').join(': ')})`)
  }
  // What the file holds is read when the first token is asked for, by many means, each with errors of its own.
  return denied('the credentials cannot be read', THE_FILE)
}
