import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { parseDescriptor } from '../../src/registry/descriptor.ts'
import { documentPath } from './fenced-block.ts'

describe('the page of what the contract promises', () => {
  it('names the one contract that this dbvault speaks', async () => {
    const page = await readFile(documentPath('docs/contract.md'), 'utf8')
    const [, number] = /has a number of its own, which is \*\*(\d+)\*\* now/.exec(page) ?? []
    const refused = new RegExp(`speaks contract ${number}$`)
    assert.throws(() => parseDescriptor({ contract: 'another' }), { message: refused })
  })

  it('is right that a key which is not known is refused by name', () => {
    const storage = {
      contract: 1,
      kind: 'storage',
      name: 'foo',
      summary: 'Foo',
      module: './a.js',
      flags: {},
      schemes: ['foo'],
    }
    assert.doesNotThrow(() => parseDescriptor(storage))
    assert.throws(() => parseDescriptor({ ...storage, newer: true }), /newer/)
  })
})
