import { DbvaultError } from '../errors/dbvault-error.ts'

/** Whether a flag stands on the command line itself. */
export type Given = (flag: string) => boolean

/**
 * Which of several flags for the same thing counts: the one on the command line, before any that is only exported;
 * among exported ones the first. Undefined where there is none.
 * @throws USAGE when two stand on the command line
 */
export function oneOf<F extends string>(
  names: readonly F[],
  flags: { readonly [K in F]?: unknown },
  given: Given,
): F | undefined {
  const [first, second] = names.filter((name) => given(name))
  if (first !== undefined && second !== undefined) {
    throw new DbvaultError('USAGE', `--${first} and --${second} say the same thing: give one of them`)
  }
  return first ?? names.find((name) => flags[name] !== undefined)
}
