/**
 * One question that every plugin of a kind has to answer rightly. A case asserts with `node:assert` and knows no test
 * runner; with mocha: `for (const { name, excused, run } of cases) it(name, excused === undefined ? run : undefined)`.
 */
export interface ConformanceCase {
  /** A fact, such as `put refuses an existing key and keeps the old bytes`. */
  readonly name: string
  /** Why this plugin cannot be asked. Such a case is to be reported with its reason, never left out. */
  readonly excused?: string
  /** Each case makes what it needs and removes it. They may run in any order, one at a time. */
  run(): Promise<void>
}
