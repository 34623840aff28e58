import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const AS = { new: '.dbvault-new-', old: '.dbvault-old-' } as const

/** The name beside a target under which it is built, or kept while another takes its place. */
export function asideName(target: string, as: keyof typeof AS, id: string): string {
  return join(dirname(target), `.${basename(target)}${AS[as]}${id}`)
}

/** What a restore that was killed has left of what it was to replace. */
export async function keptOld(target: string): Promise<string | undefined> {
  const start = `.${basename(target)}${AS.old}`
  const names = await readdir(dirname(target)).catch(() => [])
  const found = names.find((name) => name.startsWith(start))
  return found === undefined ? undefined : join(dirname(target), found)
}
