import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'

export const size = (bytes: number): string => prettyBytes(bytes)

export const duration = (seconds: number): string => prettyMs(seconds * 1000, { secondsDecimalDigits: 1 })

/** `5 minutes ago` needs no library's calendar: only its largest unit is shown. */
export function age(from: string, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - Date.parse(from)) / 1000)
  return seconds < 60 ? 'now' : `${prettyMs(seconds * 1000, { unitCount: 1, compact: true })} ago`
}

/** `{ tables: 1, rows: 50000 }` as `1 table, 50,000 rows`: engines name what they count in the plural. */
export const counts = (numbers: Readonly<Record<string, number>>): string =>
  Object.entries(numbers)
    .map(([name, count]) => `${count.toLocaleString('en-US')} ${count === 1 ? name.replace(/s$/, '') : name}`)
    .join(', ')
