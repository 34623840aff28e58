import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { readdir } from 'node:fs/promises'
import { roleOf } from '../../catalog/layout.ts'
import { commandTable } from './command-table.ts'
import { complete } from './complete.ts'

/** How many ids a person can still choose from. */
const MOST_IDS = 200

/**
 * Answers a shell in which somebody has pressed Tab. The first line says which names of files belong to the candidates
 * (`none`, `file` or `directory`); each further one is a candidate, a tab, and what it is for.
 * @param root the folder of dbvault's package.json
 * @param shell bash parts words at `=` and wants only the part behind it
 */
export async function answer(root: string, shell: string, words: readonly string[]): Promise<string> {
  const whole = shell === 'bash' ? joinedAtEquals(words) : words.map((word) => (word === '""' ? '' : word))
  const table = await commandTable(root, dataDirectory())
  const { candidates, files } = await complete(whole, table, { backupIds, environment: process.env })
  const cut = shell === 'bash' ? /^--[\w-]+=/.exec(whole.at(-1) ?? '')?.[0].length : undefined
  const lines = candidates.map(({ value, summary }) => `${value.slice(cut ?? 0)}\t${summary.replaceAll(/\s+/g, ' ')}`)
  return [files, ...lines, ''].join('\n')
}

function joinedAtEquals(words: readonly string[]): readonly string[] {
  const joined: string[] = []
  for (const [index, word] of words.entries()) {
    const afterEquals = words[index - 1] === '=' && index > 1
    if ((word === '=' && joined.at(-1)?.startsWith('--')) || afterEquals) joined.push(`${joined.pop()}${word}`)
    else joined.push(word)
  }
  return joined
}

/** Where oclif keeps the user's plugins; the same rules as in its Config. */
function dataDirectory(): string {
  const { DBVAULT_DATA_DIR, XDG_DATA_HOME, LOCALAPPDATA, HOME } = process.env
  const local = process.platform === 'win32' ? LOCALAPPDATA : undefined
  return DBVAULT_DATA_DIR || join(XDG_DATA_HOME || local || join(HOME || homedir(), '.local/share'), 'dbvault')
}

/** Told from the names of the manifests; nothing is read. */
async function backupIds(directory: string): Promise<readonly string[]> {
  const path = resolve(directory.replace(/^~(?=\/|$)/, homedir()))
  const entries = await readdir(path, { recursive: true }).catch(() => [])
  const ids = entries.flatMap((name) => {
    const role = roleOf(name)
    return role.role === 'manifest' ? (/([^/\\]+-\d{8}T\d{6}Z-\w{6})\./.exec(role.artifact)?.slice(1) ?? []) : []
  })
  const madeAt = (id: string): string => id.slice(-23)
  return ids.toSorted((a, b) => (madeAt(a) < madeAt(b) ? 1 : -1)).slice(0, MOST_IDS)
}
