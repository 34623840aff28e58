import type { Readable } from 'node:stream'

/** The lines of a text, each with the newline that ends it; the last one may lack it. */
export async function* lines(input: Readable, signal: AbortSignal): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    signal.throwIfAborted()
    const pieces = `${rest}${chunk}`.split(/(?<=\n)/)
    rest = pieces.at(-1)?.endsWith('\n') ? '' : (pieces.pop() ?? '')
    yield* pieces
  }
  if (rest !== '') yield rest
}
