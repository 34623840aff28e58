import { custom } from '@oclif/core/flags'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1000,
  m: 1000 ** 2,
  g: 1000 ** 3,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
}

/** A number of bytes such as `500k`, `10MB` or `1GiB`; a trailing `/s` is accepted for a rate. */
export const byteSizeFlag = custom<number>({
  helpValue: '<bytes>',
  parse: async (text) => parseByteSize(text),
})

export function parseByteSize(text: string): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?) ?([kmg]i?|)b?(?:\/s)?$/i.exec(text) ?? []
  const bytes = Math.round(Number(amount) * (UNITS[(unit ?? 'none').toLowerCase()] ?? Number.NaN))
  if (!(bytes > 0)) throw new RangeError(`"${text}" is not an amount of bytes such as 500k, 10MB or 1GiB`)
  return bytes
}
