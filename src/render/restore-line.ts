import type { RestoreResult } from '../operations/restore.ts'
import { counts } from './units.ts'

const OUTCOME = {
  equal: 'equal to what was dumped',
  restorable: 'sound, but there was nothing to compare it with',
} as const

/** A restore in a line, and below it what could not be checked. */
export function restoreLine(result: RestoreResult): string {
  const lines: string[] = []
  if (result.outcome === 'dry run') {
    const verb = result.before.state === 'occupied' ? 'replace what is there' : 'restore'
    lines.push(`Would ${verb} from ${result.backup}. The target now: ${result.before.description}. Nothing was done.`)
    lines.push(...(result.before.notes ?? []).map((note) => `  ${note}`))
  } else {
    const restored = Object.keys(result.restored).length > 0 ? `: ${counts(result.restored)}` : ''
    lines.push(`${result.backup} → ${result.target} (${OUTCOME[result.outcome]}${restored})`)
  }
  return [...lines, ...result.unchecked.map((text) => `  Not checked: ${text}`)].join('\n')
}
