import { randomInt } from 'node:crypto'

/** So many of the items, each as likely as any other, in their old order. */
export function sample<T>(items: readonly T[], count: number): T[] {
  const left = items.map((_, index) => index)
  const chosen: number[] = []
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(randomInt(left.length), 1))
  return chosen.toSorted((a, b) => a - b).map((index) => items[index] as T)
}
