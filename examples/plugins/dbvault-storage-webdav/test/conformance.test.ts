import { after, describe, it } from 'node:test'
import { storageConformance } from 'dbvault/testing'
import { harness } from './harness.ts'
import { server } from './server.ts'

describe('the storage webdav', () => {
  after(() => server.stop())
  for (const { name, excused, run } of storageConformance(harness)) {
    if (excused === undefined) it(name, run)
    else it(name, { skip: excused }, () => {})
  }
})
