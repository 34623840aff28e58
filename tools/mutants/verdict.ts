/** One test as mocha's JSON reporter tells it; `err` is empty for a test that passed. */
export interface TestRun {
  readonly fullTitle: string
  readonly err: { readonly code?: string; readonly message?: string }
}

export interface Report {
  readonly tests: readonly TestRun[]
  readonly pending: readonly { readonly fullTitle: string }[]
}

/** What the tests said to a bug: who noticed it, or why that does not count. */
export type Verdict = { readonly killedBy: string } | { readonly survived: string }

/** Only an assertion that fails notices a bug: a timeout, a hook that breaks or a test that never ran may be chance. */
export function verdictOn(title: string, { tests, pending }: Report): Verdict {
  const named = ran(title, { tests, pending })
  const killer = named.find(({ err }) => err.code === 'ERR_ASSERTION')
  if (killer) return { killedBy: killer.fullTitle }
  const broken = named.find(({ err }) => Object.keys(err).length > 0)
  if (broken) return { survived: `failed, but by no assertion: ${firstLine(broken.err.message)}` }
  return { survived: named.length === 0 ? 'its test did not run' : 'its test passed' }
}

/** Why the tests of this title are no judge of anything; undefined when they ran and all passed. */
export function unfit(title: string, report: Report): string | undefined {
  const named = ran(title, report)
  if (named.length === 0) return 'there is no such test, or it is skipped'
  const broken = named.find(({ err }) => Object.keys(err).length > 0)
  return broken && `fails without any bug planted: ${firstLine(broken.err.message)}`
}

function ran(title: string, { tests, pending }: Report): readonly TestRun[] {
  const skipped = new Set(pending.map(({ fullTitle }) => fullTitle))
  return tests.filter(({ fullTitle }) => fullTitle.includes(title) && !skipped.has(fullTitle))
}

function firstLine(text = 'no message'): string {
  return text.split('\n', 1)[0] ?? ''
}
