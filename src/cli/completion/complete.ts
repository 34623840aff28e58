import type { CommandTable, CompletableCommand, CompletableFlag } from './command-table.ts'

export interface Candidate {
  readonly value: string
  readonly summary: string
}

/** What can stand where the cursor is: words of our own, and whether the shell is to offer names of files besides. */
export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly files: 'none' | 'file' | 'directory'
}

/** What is not known from the command table. */
export interface Surroundings {
  /** The ids of the backups in a directory, the newest first. */
  backupIds(directory: string): Promise<readonly string[]>
  readonly environment: Readonly<Record<string, string | undefined>>
}

const NOTHING: Completion = { candidates: [], files: 'none' }

/**
 * Completes the last word, which may be empty. Words that begin with `--name=` are completed whole.
 * @param words those after the name of the program
 */
export async function complete(
  words: readonly string[],
  table: CommandTable,
  surroundings: Surroundings,
): Promise<Completion> {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const [command, rest] = commandOf(before, table)
  const topics = nextWords(before, command, rest, table, current)
  if (!command) return topics
  if (rest.includes('--')) return matching([], current, 'file')
  const given = parse(rest, command)
  if (given.open) return valuesOf(given.open, '', current)
  const [, name, value] = /^--([\w-]+)=(.*)$/s.exec(current) ?? []
  const flag = command.flags.find((one) => one.name === name)
  if (flag && value !== undefined) return valuesOf(flag, `--${flag.name}=`, current)
  if (current.startsWith('-')) return matching(flagsOf(command, given), current)
  if (topics.candidates.length > 0) return topics
  return argumentsOf(command, given, current, table, surroundings)
}

interface Given {
  readonly values: ReadonlyMap<string, string>
  readonly args: readonly string[]
  /** The flag whose value is being typed. */
  readonly open?: CompletableFlag
}

/** The command that the words begin with, as many of them as there are, and the words after it. */
function commandOf(words: readonly string[], table: CommandTable): [CompletableCommand | undefined, readonly string[]] {
  for (let length = words.length; length > 0; length--) {
    const command = table.get(words.slice(0, length).join(' '))
    if (command) return [command, words.slice(length)]
  }
  return [undefined, words]
}

/** Commands, and the next word of those that have several. */
function nextWords(
  before: readonly string[],
  command: CompletableCommand | undefined,
  rest: readonly string[],
  table: CommandTable,
  current: string,
): Completion {
  if (command && rest.length > 0) return NOTHING
  const start = before.map((word) => `${word} `).join('')
  const next = new Map<string, string>()
  for (const { id, summary } of table.values()) {
    if (!id.startsWith(start) || id.length === start.length) continue
    const word = id.slice(start.length).split(' ', 1)[0] ?? ''
    if (id === start + word || !next.has(word)) next.set(word, id === start + word ? summary : '')
  }
  return matching(
    [...next].map(([value, summary]) => ({ value, summary })),
    current,
  )
}

function parse(words: readonly string[], { flags }: CompletableCommand): Given {
  const values = new Map<string, string>()
  const args: string[] = []
  let open: CompletableFlag | undefined
  for (const word of words) {
    if (open) {
      values.set(open.name, word)
      open = undefined
      continue
    }
    const [, long, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? []
    const [, short, attached] = /^-(\w)(.*)$/s.exec(word) ?? []
    const flag = flags.find(({ name, char }) => name === long || (char !== undefined && char === short))
    if (!flag) {
      if (!word.startsWith('-')) args.push(word)
    } else if (!flag.takesValue) values.set(flag.name, '')
    else if (value !== undefined || attached) values.set(flag.name, value ?? attached ?? '')
    else open = flag
  }
  return { values, args, ...(open && { open }) }
}

/** Those that mean something here: a plugin's once it is chosen, and none twice that stands once only. */
function flagsOf({ flags }: CompletableCommand, { values }: Given): readonly Candidate[] {
  return flags
    .filter(({ name, multiple }) => multiple || !values.has(name))
    .filter(({ onlyWith }) => onlyWith === undefined || values.get(onlyWith[0]) === onlyWith[1])
    .map(({ name, summary }) => ({ value: `--${name}`, summary }))
}

function valuesOf(flag: CompletableFlag, start: string, current: string): Completion {
  const candidates = flag.options.map((option) => ({ value: start + option, summary: '' }))
  return matching(candidates, current, flag.value === 'text' ? 'none' : flag.value)
}

async function argumentsOf(
  command: CompletableCommand,
  { args, values }: Given,
  current: string,
  table: CommandTable,
  { backupIds, environment }: Surroundings,
): Promise<Completion> {
  if (args.length >= command.args.length && command.strict) return NOTHING
  const argument = command.args[Math.min(args.length, command.args.length - 1)]
  if (argument === 'backup') {
    const directory = values.get('output') ?? environment['DBVAULT_OUTPUT']
    const ids = directory === undefined ? [] : await backupIds(directory)
    return matching(
      ids.filter((id) => !args.includes(id)).map((value) => ({ value, summary: '' })),
      current,
      'file',
    )
  }
  if (argument === 'command') {
    return matching(
      [...table.values()].map(({ id, summary }) => ({ value: id, summary })),
      current,
    )
  }
  return matching([], current, 'file')
}

function matching(candidates: readonly Candidate[], current: string, files: Completion['files'] = 'none'): Completion {
  return { candidates: candidates.filter(({ value }) => value.startsWith(current)), files }
}
