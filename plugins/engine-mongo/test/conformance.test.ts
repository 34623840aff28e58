import { engineConformance } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { needs } from '../../../test/support/tools.ts'
import { harness } from './support/harness.ts'

describe('the MongoDB engine', () => {
  needs('mongo', 'linux')

  for (const { name, excused, run } of engineConformance(harness)) {
    it(excused === undefined ? name : `${name} (not asked: ${excused})`, excused === undefined ? run : () => {})
  }
})
