import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
}

/** Mocha's own report; the numbers go to the file that DBVAULT_TEST_TOTALS names, for `tools/test/run.ts` to add up. */
export default class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const skipped: string[] = []
    runner.on('pending', (test) => skipped.push(test.fullTitle()))
    runner.once('end', () => {
      const totals: Totals = { passed: runner.stats?.passes ?? 0, failed: runner.failures, skipped }
      const file = process.env['DBVAULT_TEST_TOTALS']
      if (file !== undefined) writeFileSync(file, JSON.stringify(totals))
    })
  }
}
