import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import type { PluginKind } from '../../registry/contribution.ts'

export interface PluginName {
  /** Of the npm package. */
  readonly package: string
  readonly kind: PluginKind
  /** What users will type after `--db` or `--cloud`. */
  readonly name: string
}

/** @throws USAGE for a name that does not tell what it would be */
export function pluginName(text: string): PluginName {
  const [, kind, name] =
    /^(?:@[a-z0-9][a-z0-9._-]*\/)?dbvault-(engine|storage)-([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/.exec(text) ?? []
  if (kind === undefined || name === undefined) {
    throw new DbvaultError('USAGE', `${text} is not the name of a plugin's package`, {
      hints: [
        'An engine is called dbvault-engine-NAME, a storage dbvault-storage-NAME, in lower case; a scope may stand before it.',
      ],
    })
  }
  return { package: text, kind: kind as PluginKind, name }
}

/**
 * Writes a plugin that works as it stands.
 * @param templates the folder of the templates, one a kind
 * @param version of dbvault, which its tests will use
 * @returns its files, relative to the folder
 * @throws OBJECT_EXISTS when there is something in the folder
 */
export async function createPlugin(
  plugin: PluginName,
  folder: string,
  templates: string,
  version: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) {
    throw new DbvaultError('OBJECT_EXISTS', `${folder} is not empty`, { hints: ['Choose another one with --output.'] })
  }
  const source = join(templates, plugin.kind)
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length + 1))
  for (const file of files) {
    const text = await readFile(join(source, file), 'utf8')
    const target = join(folder, written(file))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, named(text, plugin, version), { flag: 'wx' })
  }
  return files.map(written).toSorted((a, b) => (a < b ? -1 : 1))
}

/** Under their true names npm would leave out the one and take the other for that of a package within a package. */
const NAMES: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'package.template.json': 'package.json' }

const written = (file: string): string => NAMES[file] ?? file

function named(text: string, { package: name, kind, name: word }: PluginName, version: string): string {
  return text
    .replaceAll(`dbvault-${kind}-template`, name)
    .replaceAll('"dbvault": "^0.1.0"', `"dbvault": "^${version}"`)
    .replaceAll(/\btemplate\b/g, word)
    .replaceAll('TEMPLATE', word.toUpperCase().replaceAll('-', '_'))
}
