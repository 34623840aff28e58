import { engineConformance } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { harness } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

describe('the PostgreSQL engine', () => {
  needs('postgres', 'linux')

  for (const { name, excused, run } of engineConformance(harness)) {
    it(excused === undefined ? name : `${name} (not asked: ${excused})`, excused === undefined ? run : () => {})
  }
})
