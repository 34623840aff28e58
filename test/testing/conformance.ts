import type { ConformanceCase } from '../../src/testing/index.ts'

/** Runs cases under mocha. An excused one shows as pending, with its reason. */
export function itConforms(cases: readonly ConformanceCase[]): void {
  for (const { name, excused, run } of cases) {
    if (excused === undefined) it(name, run)
    else it(`${name} (cannot be asked: ${excused})`)
  }
}
