import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PluginProblem } from './contribution.ts'

/** An entry of the list that `dbvault plugins install` and `link` keep. */
export interface Listed {
  readonly name: string
  readonly type: 'user' | 'link'
  readonly root: string
  readonly tag?: string
}

/** A plugin that was linked comes after one that was installed. */
export async function listUserPackages(dataDir: string, problems: PluginProblem[]): Promise<readonly Listed[]> {
  const file = join(dataDir, 'package.json')
  let entries: unknown
  try {
    const { oclif } = JSON.parse(await readFile(file, 'utf8')) as { oclif?: { plugins?: unknown } }
    entries = oclif?.plugins ?? []
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!absent) problems.push({ package: '(all)', message: `the list of installed plugins in ${file} cannot be read` })
    return []
  }
  if (!Array.isArray(entries)) return []
  const plugins = entries.map((entry: unknown) => toListed(entry, dataDir)).filter((plugin) => plugin !== undefined)
  return plugins.toSorted((a, b) => Number(a.type === 'link') - Number(b.type === 'link'))
}

function toListed(entry: unknown, dataDir: string): Listed | undefined {
  const { name, type, root, tag } = Object(typeof entry === 'string' ? { name: entry } : entry) as Record<
    string,
    unknown
  >
  if (typeof name !== 'string') return undefined
  if (type === 'link') return typeof root === 'string' ? { name, type, root } : undefined
  const installed = { name, type: 'user', root: join(dataDir, 'node_modules', name) } as const
  return typeof tag === 'string' ? { ...installed, tag } : installed
}

/** The package.json in a folder. @throws Error that says what is wrong with it */
export async function readPackage(root: string): Promise<Record<string, unknown>> {
  const file = join(root, 'package.json')
  let pjson: unknown
  try {
    pjson = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} ${error instanceof SyntaxError ? 'is not valid JSON' : 'cannot be read'}`, {
      cause: error,
    })
  }
  if (typeof pjson === 'object' && pjson !== null && !Array.isArray(pjson)) return pjson as Record<string, unknown>
  throw new Error(`${file} is not an object`)
}
