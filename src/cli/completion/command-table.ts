import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { contributedName, contributedTo, SELECTOR, type Contribution, type Takes } from '../../registry/contribution.ts'
import { parseDescriptor } from '../../registry/descriptor.ts'
import { discover, type InstalledPlugin } from '../../registry/discover.ts'
import { listUserPackages, readPackage } from '../../registry/user-packages.ts'

/** What can stand on a command line. Ids have a space between their words. */
export type CommandTable = ReadonlyMap<string, CompletableCommand>

export interface CompletableCommand {
  readonly id: string
  readonly summary: string
  readonly flags: readonly CompletableFlag[]
  /** The names of its arguments; more are taken if it is not `strict`. */
  readonly args: readonly string[]
  readonly strict: boolean
}

export interface CompletableFlag {
  readonly name: string
  readonly char?: string
  readonly summary: string
  readonly takesValue: boolean
  readonly multiple: boolean
  readonly options: readonly string[]
  readonly value: 'text' | 'file' | 'directory'
  /** The flag and the value that make this one mean something: `--db=postgres`. */
  readonly onlyWith?: readonly [flag: string, value: string]
}

interface Manifest {
  readonly commands: Readonly<Record<string, CachedCommand>>
}

interface CachedCommand {
  readonly id: string
  readonly aliases: readonly string[]
  readonly hidden?: boolean
  readonly summary?: string
  readonly description?: string
  readonly strict?: boolean
  readonly args: Readonly<Record<string, unknown>>
  readonly flags: Readonly<Record<string, CachedFlag>>
  readonly takes?: Takes
}

interface CachedFlag {
  readonly name: string
  readonly char?: string
  readonly summary?: string
  readonly description?: string
  readonly hidden?: boolean
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
  readonly options?: readonly string[]
  readonly helpValue?: string
}

/**
 * All commands and flags, those of plugins too, from the files that describe them and without oclif: it would take longer to
 * load than a person who has pressed Tab wants to wait.
 * @param root the folder of dbvault's package.json
 */
export async function commandTable(root: string, dataDir: string): Promise<CommandTable> {
  const pjson = (await readPackage(root)) as {
    readonly dependencies: Readonly<Record<string, string>>
    readonly oclif: { readonly plugins: readonly string[] }
  }
  const own = await manifestOf(root)
  const others = pjson.oclif.plugins
    .filter((name) => !name.includes('*'))
    .map(async (name) => manifestOf(packageRoot(root, name)))
  const bundled = Object.keys(pjson.dependencies)
  const packages = await Promise.all([
    ...bundled
      .filter((name) => name.startsWith('@dbvault/'))
      .map(async (name) => readPlugin(name, 'core', packageRoot(root, name))),
    ...(await listUserPackages(dataDir, [])).map(async ({ name, type, root: at }) => readPlugin(name, type, at)),
  ])
  const { contributions } = discover(new Map(packages.flatMap((one) => (one ? [[one.name, one]] : []))).values(), {
    coreFlags: new Set(Object.values(own.commands).flatMap(({ flags }) => Object.keys(flags))),
    bundled: new Set(bundled),
  })
  // What dbvault has itself comes last, and stays.
  const manifests = [...(await Promise.all(others)), own]
  const commands = manifests.flatMap((manifest) => Object.values(manifest.commands)).filter(({ hidden }) => !hidden)
  return new Map(
    commands.flatMap((command) =>
      [command.id, ...command.aliases].map((id) => {
        const words = id.replaceAll(':', ' ')
        return [words, { ...completable(command, contributions), id: words }] as const
      }),
    ),
  )
}

async function manifestOf(root: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest
  } catch {
    return { commands: {} }
  }
}

/** Where npm puts a dependency: beside or above the package that needs it. */
function packageRoot(from: string, name: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(found) || folder === dirname(folder)) return found
  }
}

/** Undefined for one that dbvault would not use. */
async function readPlugin(name: string, type: string, root: string): Promise<InstalledPlugin | undefined> {
  try {
    const pjson = await readPackage(root)
    parseDescriptor(pjson['dbvault'])
    return { name, type, root, version: '', pjson }
  } catch {
    return undefined
  }
}

function completable(command: CachedCommand, contributions: readonly Contribution[]): CompletableCommand {
  const takes = command.takes ?? []
  const own = Object.values(command.flags)
    .filter(({ hidden }) => !hidden)
    .map((flag) => ownFlag(flag, takes, contributions))
  const contributed = contributions.flatMap((one) =>
    contributedTo(one, command.id, takes)
      .filter(([, { hidden }]) => !hidden)
      .map(([key]) => contributedFlag(one, key)),
  )
  return {
    id: command.id,
    summary: command.summary ?? command.description?.split('\n', 1)[0] ?? '',
    flags: [...own, ...contributed, HELP],
    args: Object.keys(command.args),
    strict: command.strict ?? true,
  }
}

const HELP: CompletableFlag = {
  name: 'help',
  summary: 'Show help.',
  takesValue: false,
  multiple: false,
  options: [],
  value: 'text',
}

function ownFlag(flag: CachedFlag, takes: Takes, contributions: readonly Contribution[]): CompletableFlag {
  const kind = takes.find((one) => SELECTOR[one] === flag.name)
  const names = contributions
    .filter(({ descriptor }) => descriptor.kind === kind)
    .map(({ descriptor }) => descriptor.name)
  return {
    name: flag.name,
    ...(flag.char !== undefined && { char: flag.char }),
    summary: flag.summary ?? flag.description ?? '',
    takesValue: flag.type === 'option',
    multiple: flag.multiple ?? false,
    options: kind === undefined ? (flag.options ?? []) : names,
    value: flag.helpValue === '<dir>' ? 'directory' : flag.helpValue === '<path>' ? 'file' : 'text',
  }
}

function contributedFlag(contribution: Contribution, key: string): CompletableFlag {
  const { descriptor } = contribution
  const spec = descriptor.flags[key]
  if (spec === undefined) throw new Error(`${descriptor.name} has no flag ${key}`)
  return {
    name: contributedName(contribution, key),
    summary: spec.summary,
    takesValue: spec.type !== 'boolean',
    multiple: spec.type === 'string' && spec.multiple === true,
    options: spec.type === 'string' ? (spec.options ?? []) : [],
    value: spec.type === 'path' ? 'file' : 'text',
    onlyWith: [SELECTOR[descriptor.kind], descriptor.name],
  }
}
