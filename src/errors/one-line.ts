const LONGEST = 500

/**
 * What some code has thrown, whatever that is, as one line for people: no control characters, and not longer than anybody
 * reads.
 */
export function oneLine(thrown: unknown): string {
  const clean = textOf(thrown)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  if (clean === '') return 'nothing was said about it'
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean
}

function textOf(thrown: unknown): string {
  try {
    const { message } = Object(thrown) as { readonly message?: unknown }
    return String(message ?? thrown)
  } catch {
    return 'something was thrown that cannot be shown'
  }
}
