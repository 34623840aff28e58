import { DbvaultError } from '../errors/dbvault-error.ts'
import { oneLine } from '../errors/one-line.ts'
import { loadedPlugins, pluginOf, type LoadedPlugin } from '../registry/plugin-of.ts'

/** More than that, and what was said before is out of sight. */
const LONGEST = 4000

/** The error to show: a bug is told as that of the plugin that has it, as far as that is known, and nothing is endless. */
export function namePlugin(error: DbvaultError): DbvaultError {
  const { code, message, retryable, cause } = error
  if (code !== 'INTERNAL' || cause === undefined) {
    if (message.length <= LONGEST) return error
    const { hints } = error
    return new DbvaultError(code, `${message.slice(0, LONGEST)}…`, { hints, retryable, cause: error })
  }
  const culprit = pluginOf(cause)
  const suspects = culprit ? [culprit] : loadedPlugins()
  const [first] = suspects
  if (!first) return error
  const who = culprit
    ? `The plugin ${nameOf(culprit)}`
    : `Something in dbvault or in one of its plugins in use (${suspects.map(nameOf).join(', ')})`
  return new DbvaultError(code, `${who} failed in a way that it should not: ${oneLine(cause)}`, {
    hints: [
      `Run it again with DEBUG=dbvault and report what it prints${culprit && !isOurs(culprit) ? ' to its author' : ''}.`,
      ...(culprit && !isOurs(culprit) ? [`dbvault plugins uninstall ${culprit.package}   (does without it)`] : []),
    ],
    cause,
  })
}

/** The plugin that an error comes from, for `--json`. */
export function originOf(error: DbvaultError): LoadedPlugin | undefined {
  const found = pluginOf(error)
  return found && { package: found.package, version: found.version }
}

export const nameOf = ({ package: name, version }: LoadedPlugin): string => `${name} ${version}`

/** Whether it is developed with dbvault. */
export const isOurs = ({ package: name }: LoadedPlugin): boolean => name.startsWith('@dbvault/')
