import type { DoctorCheck } from '../operations/examination.ts'
import { plainTable } from './plain-table.ts'

const WORDS: Readonly<Record<DoctorCheck['outcome'], string>> = {
  ok: 'ok',
  warning: 'WARNING',
  failed: 'FAILED',
  'not tried': '-',
}

/** What was examined, subject by subject, each check in a line and below it what to do. */
export function checksText(checks: readonly DoctorCheck[]): string {
  const subjects = Map.groupBy(checks, ({ area, subject }) => (area === 'machine' ? subject : `${area} ${subject}`))
  return [...subjects]
    .map(([subject, found]) => [`${subject[0]?.toUpperCase()}${subject.slice(1)}`, ...linesOf(found)].join('\n'))
    .join('\n\n')
}

function linesOf(checks: readonly DoctorCheck[]): string[] {
  const rows = plainTable(checks.map(({ outcome, name, detail }) => [WORDS[outcome], name, detail])).split('\n')
  return checks.flatMap(({ hints = [] }, at) => [`  ${rows[at]}`, ...hints.map((hint) => `      → ${hint}`)])
}
