import assert from 'node:assert/strict'
import { plainTable } from '../../src/render/plain-table.ts'

describe('a table', () => {
  it('has columns as wide as what is in them, in whatever script, and no blanks at the ends of lines', () => {
    const rows = [
      ['ID', 'NAME', ''],
      ['1', '日本', 'x'],
      ['22', 'é', ''],
    ]
    assert.equal(plainTable(rows), 'ID  NAME\n1   日本  x\n22  é')
  })

  it('of nothing is nothing', () => assert.equal(plainTable([]), ''))

  it('of 20,000 rows is made in less than 2 s of computing', () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => [`row ${row}`, 'x'.repeat(row % 40)])
    const { user } = process.cpuUsage()
    plainTable(rows)
    // cli-table3 took a minute for half of them.
    assert.ok(process.cpuUsage().user - user < 2_000_000)
  })
})
