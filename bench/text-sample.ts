const WORDS = (
  'the of backup restore order invoice customer paid pending shipped returned north south east west blue green amber ' +
  'monthly quarterly report total amount discount carrier parcel window garden river mountain silver copper paper ' +
  'analysis request response failed accepted review comment answer question support ticket account user group role'
).split(' ')

/** A fixed sequence of 32-bit numbers (xorshift32), so that every run measures the same text. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Text such as a SQL dump holds: INSERT rows of numbers, names, times, prose and hex. About `size` bytes, in chunks of 1 MiB. */
export function* sqlText(size: number): Generator<Buffer> {
  const next = numbers(20_240_229)
  const word = (): string => WORDS[next() % WORDS.length] ?? ''
  let text = ''
  for (let made = 0, row = 1; made < size; row++) {
    const name = `${word()}.${word()}${next() % 1000}`
    const prose = Array.from({ length: 4 + (next() % 12) }, word).join(' ')
    const day = `2024-0${1 + (next() % 9)}-${10 + (next() % 19)} ${10 + (next() % 14)}:${10 + (next() % 50)}:${10 + (next() % 50)}`
    const key = next().toString(16) + next().toString(16)
    text += `INSERT INTO "orders" VALUES (${row}, '${name}', '${name}@example.com', '${day}', ${next() % 100_000}.${next() % 100}, '${prose}', '${key}');\n`
    if (text.length >= 1 << 20) {
      made += text.length
      yield Buffer.from(text, 'latin1')
      text = ''
    }
  }
}
