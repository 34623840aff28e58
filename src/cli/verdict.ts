import { DbvaultError } from '../errors/dbvault-error.ts'
import { exitCodeOf } from './exit-code.ts'

/**
 * The one error that several outcomes add up to, undefined when all went well. When all of them failed alike it is the
 * first one's error, so that the exit code says what it was; else SEVERAL_FAILED.
 */
export function verdictOn(what: string, errors: readonly (DbvaultError | undefined)[]): DbvaultError | undefined {
  const failed = errors.filter((error) => error !== undefined)
  const [first] = failed
  if (!first) return undefined
  const alike =
    failed.length === errors.length && failed.every(({ code }) => exitCodeOf(code) === exitCodeOf(first.code))
  if (alike && errors.length === 1) return first
  const message = `${failed.length} of ${errors.length} ${what} failed: ${failed.map((error) => error.message).join('; ')}`
  const hints = [...new Set(failed.flatMap((error) => error.hints))]
  return new DbvaultError(alike ? first.code : 'SEVERAL_FAILED', message, { hints, cause: first })
}
