import type { Host } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { type Failure, failureOf } from './failure.ts'
import { byLogin, type Cause } from './login-errors.ts'

/**
 * The error to throw for what was thrown by a request, by its cause.
 * @param doing what could not be done, such as `list gs://backups`
 * @param of what a 404 says is absent
 */
export function gcpError(
  error: unknown,
  doing: string,
  bucket: Bucket,
  host: Host,
  of: 'object' | 'bucket' = 'object',
): Error {
  if (error instanceof Error && error.name === 'DbvaultError') return error
  // Not whatever fails after an abort: what takes everything back then has to be tried again like all else.
  if (error instanceof Error && error === host.signal.reason) return error
  const failure = failureOf(error)
  const { code, why, hints = [], passing = false } = causeOf(failure, bucket, of)
  const retryAfterMs = inMilliseconds(failure.retryAfter)
  return host.error(code, `Cannot ${doing}: ${why}`, {
    hints,
    retryable: passing,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    // The SDK's own error holds the whole request, with its token.
    cause: new Error(`${failure.code} ${failure.status ?? ''} ${failure.message}`),
  })
}

function causeOf(failure: Failure, bucket: Bucket, of: 'object' | 'bucket'): Cause {
  if (failure.isOfLogin) return byLogin(failure) ?? byNetwork(failure)
  if (failure.status === undefined) return byNetwork(failure)
  return byReason(failure, bucket) ?? byStatus(failure, failure.status, bucket, of)
}

const THE_RIGHTS = 'The README of @dbvault/storage-gcp has the rights that are needed.'

function byReason({ code, message }: Failure, { project }: Bucket): Cause | undefined {
  switch (code) {
    case 'rateLimitExceeded':
    case 'userRateLimitExceeded':
    case 'RESOURCE_EXHAUSTED':
      return { code: 'STORAGE_UNREACHABLE', why: `the server is asked too often (${code})`, passing: true }
    case 'quotaExceeded':
    case 'dailyLimitExceeded':
      return {
        code: 'STORAGE_FULL',
        why: `a quota of the project is used up (${message || code})`,
        hints: ['Raise the quota, or try again when it is there anew.'],
      }
    case 'accountDisabled':
    case 'billingNotEnabled':
    case 'UserProjectAccountProblem':
      return BILLING
    case 'userProjectMissing':
    case 'required':
      if (!/requester pays|user project/i.test(message)) return undefined
      return {
        code: 'STORAGE_DENIED',
        why: 'whoever asks has to pay for this bucket',
        hints: ['Name a project of your own with --gcp-project.'],
      }
    case 'userProjectAccessDenied':
    case 'USER_PROJECT_DENIED':
      return {
        code: 'STORAGE_DENIED',
        why: `this login may not have the project ${project ?? ''} pay`.replace('  ', ' '),
        hints: ['It needs serviceusage.services.use there. Or leave --gcp-project away.'],
      }
    case 'accessNotConfigured':
    case 'SERVICE_DISABLED':
      return {
        code: 'STORAGE_DENIED',
        why: 'the storage API is not enabled in the project',
        hints: ['Enable it with gcloud services enable storage.googleapis.com.'],
      }
    case 'retentionPolicyNotMet':
    case 'objectUnderActiveHold':
      return { code: 'STORAGE_DENIED', why: `the bucket forbids it for now (${message || code})` }
    case 'conditionNotMet':
      return EXISTS
    default:
      return undefined
  }
}

/** What a precondition that was not met says here. */
export const EXISTS: Cause = {
  code: 'OBJECT_EXISTS',
  why: 'there is an object of that name already, and nothing is overwritten',
}
const BILLING: Cause = {
  code: 'STORAGE_DENIED',
  why: 'the project has no billing account that works',
  hints: ['Look at the billing of the project in the console of Google Cloud.'],
}

function byStatus({ code, message }: Failure, status: number, { name }: Bucket, of: 'object' | 'bucket'): Cause {
  const said = [code, message].filter((text) => text !== '').join(': ')
  const answers = `the server answers ${status} ${said}`.trim()
  if (status === 404 && (of === 'bucket' || /bucket/i.test(message))) {
    return {
      code: 'STORAGE_FAILED',
      why: `there is no bucket ${name}`,
      hints: ['Make it first, or correct --gcp-bucket or --gcp-endpoint.'],
    }
  }
  if (status === 412) return EXISTS
  if (status === 507) return { code: 'STORAGE_FULL', why: 'no space is left there' }
  // 501 says that there is no such feature; it will not be there in a moment.
  if (status === 429 || status === 408 || (status >= 500 && status !== 501)) {
    return { code: 'STORAGE_UNREACHABLE', why: answers, passing: true }
  }
  if (status === 401) {
    return {
      code: 'STORAGE_DENIED',
      why: `the server refuses the login (${said || status})`,
      hints: ['Look at GOOGLE_APPLICATION_CREDENTIALS, or log in again with gcloud auth application-default login.'],
    }
  }
  if (status === 403 && /billing/i.test(message)) return BILLING
  if (status === 403)
    return { code: 'STORAGE_DENIED', why: `this login may not (${said || status})`, hints: [THE_RIGHTS] }
  return { code: 'STORAGE_FAILED', why: answers }
}

function byNetwork({ code, message }: Failure): Cause {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      code: 'STORAGE_UNREACHABLE',
      why: `its name cannot be resolved (${message})`,
      hints: ['Look at --gcp-endpoint and at the network.'],
      passing: true,
    }
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)) {
    return {
      code: 'STORAGE_UNREACHABLE',
      why: `its certificate is not trusted (${code})`,
      hints: ['Name the file of its authority in NODE_EXTRA_CA_CERTS.'],
    }
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code === 'HPE_INVALID_CONSTANT') {
    return {
      code: 'STORAGE_UNREACHABLE',
      why: `the server speaks another protocol (${code})`,
      hints: ['Is it http:// in place of https:// in --gcp-endpoint, or the other way round?'],
    }
  }
  const why = /^E[A-Z]+$/.test(code)
    ? `the server cannot be reached (${code})`
    : code === 'SyntaxError'
      ? 'the answer cannot be understood'
      : message || code
  return { code: 'STORAGE_UNREACHABLE', why, hints: ['Look at --gcp-endpoint and at the network.'], passing: true }
}

/** Seconds, or a date. */
function inMilliseconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : undefined
}
