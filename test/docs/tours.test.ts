import assert from 'node:assert/strict'
import { needs } from '../support/tools.ts'
import { takeTour } from './tour.ts'
import { Workplace } from './workplace.ts'

describe('the commands of', () => {
  needs('sqlite3')

  it('README.md run as they are written, with the output that stands there', async () => {
    await using workplace = await Workplace.create()
    assert.ok((await takeTour('README.md', workplace)).length >= 10)
  }).timeout(180_000)
})
