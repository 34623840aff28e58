import { engineConformance } from 'dbvault/testing'
import { dirname } from 'node:path'
import { describe, it } from 'mocha'
import { needs, REDIS_8, VALKEY_9 } from '../../../test/support/tools.ts'
import { harnessFor } from './support/harness.ts'

describe('the Redis engine with Redis 8', () => {
  needs('redis 8', 'linux')

  for (const { name, excused, run } of engineConformance(harnessFor(REDIS_8, { 'bin-dir': dirname(REDIS_8) }))) {
    if (excused === undefined) it(name, run)
  }
})

describe('the Redis engine with Valkey 9', () => {
  needs('valkey 9', 'linux')

  for (const { name, excused, run } of engineConformance(harnessFor(VALKEY_9, { 'bin-dir': dirname(VALKEY_9) }))) {
    if (excused === undefined) it(name, run)
  }
})
