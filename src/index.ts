export { DbvaultError, type ErrorDetails } from './errors/dbvault-error.ts'
export type { ErrorCode } from './errors/error-code.ts'
