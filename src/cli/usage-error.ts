import { DbvaultError } from '../errors/dbvault-error.ts'

/** What oclif's parse errors carry, by their class. */
interface ParseError extends Error {
  readonly flags?: readonly string[]
  readonly args?: readonly (string | { readonly name: string })[]
}

/**
 * Turns what oclif's parser throws into a USAGE error of one line.
 *
 * @param secretGiven when a secret stands on the command line, surplus arguments may well be the rest of an unquoted
 * one, and are counted instead of quoted
 */
export function usageError(error: unknown, command: string, secretGiven: boolean): DbvaultError {
  if (DbvaultError.is(error)) return error
  return new DbvaultError('USAGE', describe(error as ParseError, secretGiven), {
    hints: [`dbvault ${command.replaceAll(':', ' ')} --help`],
    cause: error,
  })
}

function describe(error: ParseError, secretGiven: boolean): string {
  switch (error.constructor.name) {
    case 'NonExistentFlagsError':
      return `unknown ${plural('flag', error.flags)} ${error.flags?.map((flag) => flag.split('=', 1)[0]).join(', ')}`
    case 'UnexpectedArgsError':
      if (secretGiven)
        return `${error.args?.length} ${plural('argument', error.args)} too many; does a value need quotes?`
      return `unexpected ${plural('argument', error.args)} ${names(error.args).join(' ')}`
    case 'RequiredArgsError':
      return `missing ${plural('argument', error.args)} ${names(error.args).join(', ').toUpperCase()}`
    default:
      return tidy(error.message)
  }
}

function plural(word: string, items: readonly unknown[] | undefined): string {
  return items?.length === 1 ? word : `${word}s`
}

function names(args: ParseError['args'] = []): readonly string[] {
  return args.map((arg) => (typeof arg === 'string' ? arg : arg.name))
}

/** oclif wraps what a flag's own parser says in three lines, and repeats the way to the help. */
function tidy(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^Parsing (--[\w-]+) \n\t/, '$1: ')
    .replace(/^Flag --/, '--')
    .replace(/^Expected (--[\w-]+)=(.*) to be one of: (.*)$/s, '$1 must be one of $3, not "$2"')
    .replace(/^(--[\w-]+): Expected an integer (but received: |)/, '$1 must be a whole number $2')
    .replace(/ but received: (.*)$/s, ', not "$1"')
    .replace(/\s+/g, ' ')
}
