import type { ErrorCode, Host } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { type Failure, failureOf } from './failure.ts'

interface Cause {
  readonly code: ErrorCode
  readonly why: string
  readonly hints?: readonly string[]
  readonly passing?: boolean
}

/**
 * The error to throw for what the SDK threw, by its cause.
 * @param doing what could not be done, such as `list s3://backups`
 */
export function s3Error(error: unknown, doing: string, bucket: Bucket, host: Host): Error {
  // Not where the host's signal has aborted: what is taken back after an abort has failures, and attempts, of its own.
  if (error instanceof Error && (error.name === 'DbvaultError' || error === host.signal.reason)) return error
  const failure = failureOf(error)
  const { code, why, hints = [], passing = false } = causeOf(failure, bucket)
  const retryAfterMs = retryAfter(failure)
  return host.error(code, `Cannot ${doing}: ${why}`, {
    hints,
    retryable: passing,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    // The SDK's own error holds the whole request, with its signature.
    cause: new Error(`${failure.code} ${failure.status ?? ''} ${failure.message}`),
  })
}

function causeOf(failure: Failure, bucket: Bucket): Cause {
  return byCode(failure, bucket) ?? byStatus(failure) ?? byDefault(failure)
}

function byCode({ code, region, message }: Failure, { name, owner }: Bucket): Cause | undefined {
  switch (code) {
    case 'NoSuchBucket':
      return {
        code: 'STORAGE_FAILED',
        why: `there is no bucket ${name}`,
        hints: ['Make it first, or correct --s3-bucket, --s3-region or --s3-endpoint.'],
      }
    case 'NoSuchKey':
      return { code: 'OBJECT_NOT_FOUND', why: 'it does not exist' }
    case 'PreconditionFailed':
      return { code: 'OBJECT_EXISTS', why: 'there is an object of that name already, and nothing is overwritten' }
    case 'ConditionalRequestConflict':
      return { code: 'STORAGE_FAILED', why: 'another upload of that name is under way', passing: true }
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'AccountProblem':
      return {
        code: 'STORAGE_DENIED',
        why: owner === undefined ? 'this user may not' : `this user may not, or the bucket is not owned by ${owner}`,
        hints: ['The README of @dbvault/storage-s3 has the rights that are needed.'],
      }
    case 'SignatureDoesNotMatch':
      return {
        code: 'STORAGE_DENIED',
        why: 'the secret access key is not the one that goes with the access key',
        hints: ['Look at AWS_SECRET_ACCESS_KEY, or at the profile.'],
      }
    case 'InvalidAccessKeyId':
    case 'InvalidClientTokenId':
    case 'XAdminUserNotFound':
      return {
        code: 'STORAGE_DENIED',
        why: 'the server does not know this access key',
        hints: [
          'Look at AWS_ACCESS_KEY_ID, or at the profile; and at --s3-endpoint, since each server has its own keys.',
        ],
      }
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'InvalidToken':
    case 'TokenRefreshRequired':
      return {
        code: 'STORAGE_DENIED',
        why: 'the session of these credentials has ended',
        hints: ['Log in again, for example with aws sso login.'],
      }
    case 'CredentialsProviderError':
    case 'ProviderError':
    case 'TokenProviderError':
      return {
        code: 'STORAGE_DENIED',
        why: `there are no credentials (${message})`,
        hints: ['Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --s3-profile.'],
      }
    case 'RequestTimeTooSkewed':
      return {
        code: 'STORAGE_DENIED',
        why: 'the clock of this machine and that of the server differ by too much',
        hints: ['Set the clock of this machine right.'],
      }
    case 'PermanentRedirect':
    case 'TemporaryRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case 'BucketRegionError':
      return {
        code: 'STORAGE_FAILED',
        why: region === undefined ? 'the bucket is in another region' : `the bucket is in the region ${region}`,
        hints: [region === undefined ? 'Give its region with --s3-region.' : `Give --s3-region=${region}.`],
      }
    case 'QuotaExceeded':
    case 'XMinioAdminBucketQuotaExceeded':
    case 'XMinioStorageFull':
    case 'StorageFull':
      return { code: 'STORAGE_FULL', why: 'no space is left there, or a quota is used up', hints: [MAKE_ROOM] }
    case 'InvalidObjectState':
      return {
        code: 'STORAGE_FAILED',
        why: 'it lies in an archive, and has to be taken out of there first',
        hints: ['Restore it with the tools of the cloud, and run this again.'],
      }
    case 'KeyTooLongError':
      return { code: 'USAGE', why: 'its name is too long' }
    case 'BadDigest':
    case 'InvalidDigest':
    case 'XAmzContentSHA256Mismatch':
    case 'XAmzContentChecksumMismatch':
      return { code: 'STORAGE_FAILED', why: 'it was damaged on its way to the server', passing: true }
    case 'NoSuchUpload':
      return { code: 'STORAGE_FAILED', why: 'its upload is gone: somebody has removed it, or a rule of the bucket did' }
    case 'InternalError':
    case 'RequestTimeout':
    case 'ServiceUnavailable':
    case 'SlowDown':
    case 'Throttling':
    case 'ThrottlingException':
    case 'TooManyRequests':
    case 'OperationAborted':
      return { code: 'STORAGE_UNREACHABLE', why: `the server cannot do it now (${code})`, passing: true }
    default:
      return undefined
  }
}

const MAKE_ROOM = 'Make room there, or choose another place.'

function byStatus({ status, code, message }: Failure): Cause | undefined {
  const said = [code, message].filter((text) => text !== '' && text !== 'UnknownError').join(': ')
  if (status === undefined) return undefined
  if (status === 507) return { code: 'STORAGE_FULL', why: 'no space is left there', hints: [MAKE_ROOM] }
  if (status === 429 || status === 408 || status >= 500) {
    // 501 says that there is no such feature; it will not be there in a moment.
    const passing = status !== 501
    return {
      code: passing ? 'STORAGE_UNREACHABLE' : 'STORAGE_FAILED',
      why: `the server answers ${status} ${said}`.trim(),
      passing,
    }
  }
  if (status === 401 || status === 403) return { code: 'STORAGE_DENIED', why: `this user may not (${said || status})` }
  if (status === 301 || status === 307)
    return {
      code: 'STORAGE_FAILED',
      why: 'the bucket is in another region',
      hints: ['Give its region with --s3-region.'],
    }
  if (status >= 400) return { code: 'STORAGE_FAILED', why: `the server answers ${status} ${said}`.trim() }
  // An answer that promises success and cannot be read to its end.
  return { code: 'STORAGE_UNREACHABLE', why: `the answer cannot be understood (${said})`, passing: true }
}

function byDefault({ code, message }: Failure): Cause {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      code: 'STORAGE_UNREACHABLE',
      why: `its name cannot be resolved (${message})`,
      hints: ['Look at --s3-endpoint and --s3-region, and at the network.'],
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
      hints: ['Is it http:// in place of https:// in --s3-endpoint, or the other way round?'],
    }
  }
  if (/^E[A-Z]+$/.test(code) || code === 'TimeoutError') {
    const why = code === 'TimeoutError' ? 'the server does not answer' : `the server cannot be reached (${code})`
    return { code: 'STORAGE_UNREACHABLE', why, hints: ['Look at --s3-endpoint and at the network.'], passing: true }
  }
  return { code: 'STORAGE_UNREACHABLE', why: message || code, passing: true }
}

/** Seconds, or a date. */
function retryAfter({ headers }: Failure): number | undefined {
  const value = headers['retry-after']
  if (value === undefined) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : undefined
}
