import type { Command } from '@oclif/core/command'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { OclifFlag } from '../registry/flags.ts'

const YES = ['1', 'true', 'yes', 'on']
const NO = ['0', 'false', 'no', 'off']

/**
 * The value of a flag that does not stand on the command line, from the first of its variables that is set and not
 * empty; undefined where none is. An empty one of dbvault's own is told: a key that a script failed to fill in would
 * else be taken for none. A flag that can be repeated takes a list separated by commas.
 * @throws USAGE naming the variable, and never quoting its value
 */
export async function fromEnvironment(
  flag: OclifFlag,
  variables: readonly string[],
  command: Command,
): Promise<unknown> {
  const variable = variables.find((name) => {
    if (process.env[name] === '' && name.startsWith('DBVAULT_'))
      command.warn(`${name} is empty, which counts as not given`)
    return process.env[name]
  })
  if (variable === undefined) return undefined
  const text = process.env[variable] ?? ''
  if (flag.type === 'boolean') return yesOrNo(text, variable)
  const texts = flag.multiple ? text.split(',').filter((item) => item !== '') : [text]
  const values = await Promise.all(
    texts.map(async (item) => {
      if (flag.options && !flag.options.includes(item))
        throw new DbvaultError('USAGE', `${variable} must be one of ${flag.options.join(', ')}`)
      try {
        return await flag.parse(item, command as never, flag)
      } catch (cause) {
        throw new DbvaultError('USAGE', `${variable} does not hold a value that --${flag.name} accepts`, { cause })
      }
    }),
  )
  return flag.multiple ? values : values[0]
}

function yesOrNo(text: string, variable: string): boolean {
  const word = text.toLowerCase()
  if (YES.includes(word)) return true
  if (NO.includes(word)) return false
  throw new DbvaultError('USAGE', `${variable} must be one of ${[...YES, ...NO].join(', ')}`)
}

/** Whether this command line wants JSON, told without parsing it, since it may be unparsable. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  if ((end === -1 ? argv : argv.slice(0, end)).includes('--json')) return true
  return YES.includes((process.env['DBVAULT_JSON'] ?? '').toLowerCase())
}
