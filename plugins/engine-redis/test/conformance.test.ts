import { engineConformance } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { needs } from '../../../test/support/tools.ts'
import { harnessFor } from './support/harness.ts'

describe('the Redis engine', () => {
  needs('redis', 'linux')

  for (const { name, excused, run } of engineConformance(harnessFor('redis-server'))) {
    it(excused === undefined ? name : `${name} (not asked: ${excused})`, excused === undefined ? run : () => {})
  }
})
