import type { PruneResult } from '../operations/prune.ts'
import type { PruneItem } from '../operations/prune-work.ts'
import { plainTable } from './plain-table.ts'
import { age, size } from './units.ts'

/** What a prune has done or would do, each thing in a line with the reason. */
export function pruneText({ place, dryRun, remove, spared, keep, interrupted }: PruneResult, now: Date): string {
  const removed = remove.filter(({ error }) => !error)
  const failed = remove.filter(({ error }) => error)
  const bytes = removed.reduce((sum, item) => sum + (item.bytes ?? 0), 0)
  const parts: string[] = []
  const section = (title: string, items: readonly PruneItem[]): void => {
    if (items.length > 0) parts.push(title, indented(plainTable(items.map((item) => rowOf(item, now)))), '')
  }
  section(dryRun ? 'Would be removed:' : 'Removed:', removed)
  section('Could NOT be removed:', failed)
  section('Left alone:', spared)
  if (keep.length > 0) {
    parts.push('Kept by the policy:', indented(plainTable(keep.map(({ id, reasons }) => [id, reasons.join('; ')]))), '')
  }
  const what = `${removed.length} ${removed.length === 1 ? 'thing' : 'things'} (${size(bytes)})`
  if (interrupted) parts.push('It was interrupted before it had removed all.')
  if (remove.length === 0) parts.push(`There is nothing to remove at ${place}.`)
  else if (dryRun) parts.push(`Nothing was removed. ${what} at ${place} would be, with --yes.`)
  else parts.push(`${what} removed at ${place}.`)
  return parts.join('\n')
}

function rowOf({ kind, address, id, bytes, since, why, error }: PruneItem, now: Date): string[] {
  return [kind, id ?? address, bytes === undefined ? '' : size(bytes), age(since, now), error?.message ?? why]
}

const indented = (table: string): string =>
  table
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
