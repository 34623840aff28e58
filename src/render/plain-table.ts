import stringWidth from 'string-width'

const GAP = '  '

/** Columns without lines, as wide as what is in them, so that the output can be cut and searched. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, stringWidth(text))
  }
  const padded = (text: string, column: number): string => text + ' '.repeat((widths[column] ?? 0) - stringWidth(text))
  return rows.map((row) => row.map(padded).join(GAP).trimEnd()).join('\n')
}
