import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { documentPath } from './fenced-block.ts'
import { Workplace } from './workplace.ts'

interface Row {
  readonly exit: number
  readonly means: string
  readonly codes: readonly string[]
}

const ROW = /^\| (?<exit>\d+) *\| (?<means>.*?) *\| *(?<codes>.*?) *\|$/gm

describe('docs/exit-codes.md', () => {
  it('has the table that dbvault exit-codes prints', async () => {
    await using workplace = await Workplace.create()
    const { exitCodes } = JSON.parse(await workplace.output('dbvault exit-codes --json')) as { exitCodes: Row[] }
    const markdown = await readFile(documentPath('docs/exit-codes.md'), 'utf8')
    const documented = [...markdown.matchAll(ROW)].map(({ groups = {} }) => ({
      exit: Number(groups['exit']),
      means: groups['means'],
      codes: [...(groups['codes'] ?? '').matchAll(/`(\w+)`/g)].map(([, code]) => code),
    }))
    assert.deepEqual(documented, exitCodes)
  })
})
