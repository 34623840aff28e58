import { glob, readFile } from 'node:fs/promises'
import { posix } from 'node:path'

export interface Import {
  /** The importing file, relative to the root, with forward slashes. */
  readonly file: string
  readonly line: number
  /** As written: `../host/secret.ts`, `node:fs`, `@oclif/core/run`. */
  readonly specifier: string
  /** What a relative specifier points to, relative to the root. */
  readonly resolved: string | undefined
  /** Gone when it runs. */
  readonly typeOnly: boolean
}

const STATIC = /^(import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\sfrom\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\('([^']+)'\)/g

/** Every import and re-export of the TypeScript files under the given folders. Relies on the formatter for its quotes. */
export async function* importsOf(root: string, folders: readonly string[]): AsyncGenerator<Import> {
  for await (const found of glob(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root },
  )) {
    const file = found.replaceAll('\\', '/')
    const text = await readFile(posix.join(root, file), 'utf8')
    for (const match of text.matchAll(STATIC)) yield at(file, text, match.index, match[3], match[2] !== undefined)
    for (const match of text.matchAll(DYNAMIC)) {
      if (!insideComment(text, match.index)) yield at(file, text, match.index, match[1], false)
    }
  }
}

function at(file: string, text: string, index: number, specifier = '', typeOnly = false): Import {
  const line = text.slice(0, index).split('\n').length
  const resolved = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined
  return { file, line, specifier, resolved, typeOnly }
}

function insideComment(text: string, index: number): boolean {
  return /^\s*(\*|\/\/|\/\*)/.test(text.slice(text.lastIndexOf('\n', index) + 1, index))
}
