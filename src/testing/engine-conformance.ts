import type { FlagSpecs } from '../contract/flags.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { engineAccessCases } from './engine-access-cases.ts'
import { engineDumpCases } from './engine-dump-cases.ts'
import type { EngineHarness } from './engine-harness.ts'
import { engineProveCases } from './engine-prove-cases.ts'
import { engineRestoreCases } from './engine-restore-cases.ts'

/** Every question that an engine has to answer rightly before it may be trusted with a database. */
export function engineConformance<S extends FlagSpecs>(harness: EngineHarness<S>): ConformanceCase[] {
  return [
    ...engineAccessCases(harness),
    ...engineDumpCases(harness),
    ...engineProveCases(harness),
    ...engineRestoreCases(harness),
  ]
}
