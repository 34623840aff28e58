import { describe, it } from 'node:test'
import { engineConformance } from 'dbvault/testing'
import { harness } from './harness.ts'

describe('the jsonl engine', () => {
  for (const { name, excused, run } of engineConformance(harness)) {
    if (excused === undefined) it(name, run)
    else it(name, { skip: excused }, () => {})
  }
})
