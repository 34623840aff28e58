import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

export interface Totals {
  readonly passed: number
  readonly failed: number
  /** What failed and with which words, a line each, for the end of a report of thousands of lines. */
  readonly failures: readonly string[]
  readonly skipped: readonly string[]
}

/** Mocha's own report; the numbers go to the file that DBVAULT_TEST_TOTALS names, for `tools/test/run.ts` to add up. */
export default class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const skipped: string[] = []
    const failures: string[] = []
    runner.on('pending', (test) => skipped.push(test.fullTitle()))
    runner.on('fail', (test, error: unknown) => failures.push(`${test.fullTitle()}: ${wordsOf(error)}`))
    runner.once('end', () => {
      const totals: Totals = { passed: runner.stats?.passes ?? 0, failed: runner.failures, failures, skipped }
      const file = process.env['DBVAULT_TEST_TOTALS']
      if (file !== undefined) writeFileSync(file, JSON.stringify(totals))
    })
  }
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return words.replaceAll(/\s+/g, ' ').slice(0, 1000)
}
