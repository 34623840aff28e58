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

/**
 * Text such as SQL dumps hold, about `size` bytes in chunks of 1 MiB: by turns prose in INSERT statements, where a
 * compressor finds many short matches, and COPY rows of numbers, times and hex, where it finds few.
 */
export function* sqlText(size: number): Generator<Buffer> {
  const next = numbers(20_240_229)
  const word = (): string => WORDS[next() % WORDS.length] ?? ''
  const time = (): string =>
    `2024-0${1 + (next() % 9)}-${10 + (next() % 19)} ${10 + (next() % 14)}:${10 + (next() % 50)}:${10 + (next() % 50)}`
  const key = (): string => next().toString(16) + next().toString(16)

  const comment = (id: number): string => {
    const prose = Array.from({ length: 4 + (next() % 12) }, word).join(' ')
    const name = `${word()}.${word()}${next() % 1000}`
    return `INSERT INTO "comments" VALUES (${id}, '${name}@example.com', '${time()}', '${prose}', '${key()}');\n`
  }
  const payment = (id: number): string =>
    `${id}\t${next() % 1_000_000}\tuser${next() % 100_000}@example.com\t${time()}.${next() % 1_000_000}` +
    `\t${next() % 10_000}.${10 + (next() % 90)}\t${key()}${key()}\t${next() & 1 ? 't' : 'f'}\t\\N\n`

  for (let made = 0, id = 1, row = comment; made < size; row = row === comment ? payment : comment) {
    let text = ''
    for (; text.length < 1 << 20; id++) text += row(id)
    made += text.length
    yield Buffer.from(text, 'latin1')
  }
}
