/** Room for any whole number below 2^53. */
export const MOST_DIGITS = 24

/** Writes a whole number in decimal digits at the end of a buffer of `MOST_DIGITS` bytes. Returns where it begins. */
export function writeDigits(target: Buffer, number: number): number {
  let at = target.length
  let left = Math.abs(number)
  do {
    const rest = Math.floor(left / 10)
    target[--at] = 48 + left - rest * 10
    left = rest
  } while (left > 0)
  if (number < 0) target[--at] = 45
  return at
}
