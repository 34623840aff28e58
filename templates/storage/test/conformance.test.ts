import { describe, it } from 'node:test'
import { storageConformance } from 'dbvault/testing'
import { harness } from './harness.ts'

describe('the storage template', () => {
  for (const { name, excused, run } of storageConformance(harness)) {
    if (excused === undefined) it(name, run)
    else it(name, { skip: excused }, () => {})
  }
})
