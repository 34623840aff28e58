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
 * The error to throw for what was thrown, by its cause.
 * @param doing what could not be done, such as `list minio://backups`
 */
export function minioError(error: unknown, doing: string, bucket: Bucket, host: Host): Error {
  // Not where the host's signal has aborted: what is taken back after an abort has failures, and attempts, of its own.
  if (error instanceof Error && (error.name === 'DbvaultError' || error === host.signal.reason)) return error
  const failure = failureOf(error)
  const { code, why, hints = [], passing = false } = causeOf(failure, bucket)
  const retryAfterMs = retryAfter(failure)
  return host.error(code, `Cannot ${doing}: ${why}`, {
    hints,
    retryable: passing,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause: new Error(`${failure.code} ${failure.status ?? ''} ${failure.message}`),
  })
}

function causeOf(failure: Failure, bucket: Bucket): Cause {
  return byCode(failure, bucket) ?? byStatus(failure) ?? byDefault(failure)
}

function byCode({ code, region }: Failure, { name }: Bucket): Cause | undefined {
  switch (code) {
    case 'NoSuchBucket':
      return {
        code: 'STORAGE_FAILED',
        why: `there is no bucket ${name}`,
        hints: ['Make it first, or correct --minio-bucket, --minio-region or --minio-endpoint.'],
      }
    case 'NoSuchKey':
      return { code: 'OBJECT_NOT_FOUND', why: 'it does not exist' }
    case 'PreconditionFailed':
      return { code: 'OBJECT_EXISTS', why: 'there is an object of that name already, and nothing is overwritten' }
    case 'ConditionalRequestConflict':
      return { code: 'STORAGE_FAILED', why: 'another upload of that name is under way', passing: true }
    case 'AccessDenied':
      return {
        code: 'STORAGE_DENIED',
        why: 'this user may not',
        hints: ['The README of @dbvault/storage-minio has the rights that are needed.'],
      }
    case 'SignatureDoesNotMatch':
      return {
        code: 'STORAGE_DENIED',
        why: 'the secret key is not the one that goes with the access key',
        hints: ['Look at MINIO_SECRET_KEY.'],
      }
    case 'InvalidAccessKeyId':
    case 'InvalidClientTokenId':
    case 'XAdminUserNotFound':
      return {
        code: 'STORAGE_DENIED',
        why: 'the server does not know this access key',
        hints: ['Look at MINIO_ACCESS_KEY, and at --minio-endpoint, since each server has its own keys.'],
      }
    case 'RequestTimeTooSkewed':
      return {
        code: 'STORAGE_DENIED',
        why: 'the clock of this machine and that of the server differ by too much',
        hints: ['Set the clock of this machine right.'],
      }
    case 'AuthorizationHeaderMalformed':
    case 'InvalidRegion':
      return {
        code: 'STORAGE_FAILED',
        why: region === undefined ? 'the server is in another region' : `the server is in the region ${region}`,
        hints: [region === undefined ? 'Give its region with --minio-region.' : `Give --minio-region=${region}.`],
      }
    case 'XMinioAdminBucketQuotaExceeded':
    case 'XMinioStorageFull':
      return { code: 'STORAGE_FULL', why: 'no space is left there, or a quota is used up', hints: [MAKE_ROOM] }
    case 'KeyTooLongError':
    case 'XMinioInvalidObjectName':
      return { code: 'USAGE', why: 'its name cannot be that of an object there' }
    case 'BadDigest':
    case 'InvalidDigest':
    case 'XAmzContentSHA256Mismatch':
    case 'XAmzContentChecksumMismatch':
      return { code: 'STORAGE_FAILED', why: 'it was damaged on its way to the server', passing: true }
    case 'NoSuchUpload':
      return { code: 'STORAGE_FAILED', why: 'its upload is gone: somebody has removed it, or a rule of the bucket did' }
    case 'InternalError':
    case 'RequestTimeout':
    case 'SlowDown':
    case 'SlowDownRead':
    case 'SlowDownWrite':
    case 'XMinioServerNotInitialized':
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
  if (status >= 400) return { code: 'STORAGE_FAILED', why: `the server answers ${status} ${said}`.trim() }
  // An answer that promises success and cannot be read to its end.
  return { code: 'STORAGE_UNREACHABLE', why: `the answer cannot be understood (${said})`, passing: true }
}

function byDefault({ code, message }: Failure): Cause {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      code: 'STORAGE_UNREACHABLE',
      why: `its name cannot be resolved (${message})`,
      hints: ['Look at --minio-endpoint and --minio-region, and at the network.'],
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
      hints: ['If it speaks plain HTTP, say http:// in --minio-endpoint, or --minio-insecure.'],
    }
  }
  if (/^E[A-Z]+$/.test(code) || code === 'TimeoutError') {
    const why = code === 'TimeoutError' ? 'the server does not answer' : `the server cannot be reached (${code})`
    return { code: 'STORAGE_UNREACHABLE', why, hints: ['Look at --minio-endpoint and at the network.'], passing: true }
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
