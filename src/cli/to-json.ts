import { DbvaultError } from '../errors/dbvault-error.ts'

/** A result as `--json` prints it: errors inside it in the same shape as at the top, never a cause or a stack. */
export function toJson<T extends object>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (DbvaultError.is(inner) ? errorFields(inner) : inner)),
  ) as T
}

export function errorFields({ code, message, hints, retryable }: DbvaultError): object {
  return { code, message, hints, retryable }
}
