import type { ErrorCode, Host } from 'dbvault'
import type { Container } from './container.ts'
import { type Failure, failureOf } from './failure.ts'

interface Cause {
  readonly code: ErrorCode
  readonly why: string
  readonly hints?: readonly string[]
  readonly passing?: boolean
}

/**
 * The error to throw for what the SDK threw, by its cause.
 * @param doing what could not be done, such as `list azure://backups`
 */
export function azureError(error: unknown, doing: string, container: Container, host: Host): Error {
  // Not where the host's signal has aborted: what is taken back after an abort has failures, and attempts, of its own.
  if (error instanceof Error && (error.name === 'DbvaultError' || error === host.signal.reason)) return error
  const failure = failureOf(error)
  const { code, why, hints = [], passing = false } = causeOf(failure, container)
  const retryAfterMs = inMilliseconds(failure.retryAfter)
  return host.error(code, `Cannot ${doing}: ${why}`, {
    hints,
    retryable: passing,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    // The SDK's own error holds the whole request, with its signature.
    cause: new Error(`${failure.code} ${failure.status ?? ''} ${failure.message}`),
  })
}

function causeOf(failure: Failure, container: Container): Cause {
  return byCode(failure, container) ?? byStatus(failure) ?? byDefault(failure)
}

const REFUSED: Cause = {
  code: 'STORAGE_DENIED',
  why: 'the server refuses the login',
  hints: ['Look at the connection string, the key or the signature: AZURE_STORAGE_CONNECTION_STRING, --azure-….'],
}

const mayNot = (code: string): Cause => ({
  code: 'STORAGE_DENIED',
  why: `this login may not (${code})`,
  hints: ['The README of @dbvault/storage-azure has the rights that are needed.'],
})

function byCode({ code, message }: Failure, { name }: Container): Cause | undefined {
  switch (code) {
    case 'ContainerNotFound':
      return {
        code: 'STORAGE_FAILED',
        why: `there is no container ${name}`,
        hints: ['Make it first, or correct --azure-container or the storage account.'],
      }
    case 'ContainerBeingDeleted':
    case 'ContainerDisabled':
      return { code: 'STORAGE_FAILED', why: `the container ${name} is being deleted` }
    case 'BlobNotFound':
    case 'ResourceNotFound':
      return { code: 'OBJECT_NOT_FOUND', why: 'it does not exist' }
    case 'BlobAlreadyExists':
    case 'ConditionNotMet':
    case 'UnauthorizedBlobOverwrite':
      return { code: 'OBJECT_EXISTS', why: 'there is a blob of that name already, and nothing is overwritten' }
    case 'BlobImmutableDueToPolicy':
      return { code: 'STORAGE_DENIED', why: 'a policy of the container forbids to change it' }
    case 'LeaseIdMissing':
    case 'LeaseIdMismatchWithBlobOperation':
      return { code: 'STORAGE_DENIED', why: 'somebody holds a lease on it', hints: ['End the lease first.'] }
    case 'AuthenticationFailed':
      return /not within|time|clock|date/i.test(message)
        ? {
            code: 'STORAGE_DENIED',
            why: 'the login is not valid now: it has ended or not begun, or the clock of this machine is wrong',
            hints: ['Look at the clock of this machine, and at the times of the signature.'],
          }
        : REFUSED
    case 'InvalidAuthenticationInfo':
    case 'NoAuthenticationInformation':
      return REFUSED
    case 'AuthorizationFailure':
      // It says so both of a login that is wrong and of one that may not.
      return /failed to authenticate/i.test(message) ? REFUSED : mayNot(code)
    case 'AuthorizationPermissionMismatch':
    case 'AuthorizationServiceMismatch':
    case 'AuthorizationResourceTypeMismatch':
    case 'AuthorizationSourceIPMismatch':
    case 'AuthorizationProtocolMismatch':
    case 'InsufficientAccountPermissions':
    case 'PublicAccessNotPermitted':
    case 'AccountIsDisabled':
      return mayNot(code)
    case 'CredentialUnavailableError':
    case 'AggregateAuthenticationError':
    case 'AuthenticationError':
    case 'AuthenticationRequiredError':
      return {
        code: 'STORAGE_DENIED',
        why: 'no identity was found to log in with',
        hints: ['Log in with az login, or give a connection string, a key or a signature.'],
      }
    case 'BlobArchived':
    case 'BlobBeingRehydrated':
      return {
        code: 'STORAGE_FAILED',
        why: 'it lies in the archive tier, and has to be taken out of there first',
        hints: ['Change its tier to Hot, wait until that is done, and run this again.'],
      }
    case 'InvalidBlockList':
      return {
        code: 'STORAGE_FAILED',
        why: 'its blocks are gone: another upload of that name has ended',
        passing: true,
      }
    case 'Md5Mismatch':
    case 'Crc64Mismatch':
    case 'InvalidMd5':
      return { code: 'STORAGE_FAILED', why: 'it was damaged on its way to the server', passing: true }
    case 'InternalError':
    case 'OperationTimedOut':
    case 'ServerBusy':
    case 'AccountBeingCreated':
      return { code: 'STORAGE_UNREACHABLE', why: `the server cannot do it now (${code})`, passing: true }
    case 'RestrictedAccountStorageLimitExceeded':
    case 'CapacityLimitExceeded':
      return { code: 'STORAGE_FULL', why: 'no space is left there', hints: [MAKE_ROOM] }
    default:
      return undefined
  }
}

const MAKE_ROOM = 'Make room there, or choose another place.'

function byStatus({ status, code, message }: Failure): Cause | undefined {
  const said = [code, message].filter((text) => text !== '').join(': ')
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
  if (status === 401 || status === 403) return { code: 'STORAGE_DENIED', why: `this login may not (${said || status})` }
  if (status === 409 || status === 412) {
    return { code: 'OBJECT_EXISTS', why: 'there is a blob of that name already, and nothing is overwritten' }
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
      hints: ['Look at --azure-account and --azure-endpoint, and at the network.'],
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
      hints: ['Is it http:// in place of https:// in the endpoint, or the other way round?'],
    }
  }
  const why = /^E[A-Z]+$/.test(code) ? `the server cannot be reached (${code})` : message || code
  return {
    code: 'STORAGE_UNREACHABLE',
    why,
    hints: ['Look at the storage account, --azure-endpoint and the network.'],
    passing: true,
  }
}

/** Seconds, or a date. */
function inMilliseconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : undefined
}
