import assert from 'node:assert/strict'
import { exitCodeOf, exitCodes, exitCodeTable } from '../../src/cli/exit-code.ts'

describe('exit codes', () => {
  it('are these, for scripts to rely on', () => {
    const table = Object.fromEntries(exitCodes().map(({ exit, codes }) => [exit, codes]))
    assert.deepEqual(table, {
      0: [],
      1: ['INTERNAL'],
      2: ['USAGE', 'KEY_INVALID'],
      3: ['SOURCE_UNREACHABLE', 'SOURCE_DENIED', 'SOURCE_NOT_FOUND'],
      4: ['SOURCE_CORRUPT', 'DUMP_FAILED', 'DUMP_INCOMPLETE', 'RESTORE_FAILED', 'TOOL_FAILED'],
      5: ['PROOF_FAILED', 'PROOF_UNFINISHED'],
      6: [
        'STORAGE_UNREACHABLE',
        'STORAGE_DENIED',
        'STORAGE_FULL',
        'STORAGE_FAILED',
        'OBJECT_NOT_FOUND',
        'BACKUP_NOT_FOUND',
      ],
      7: ['KEY_WRONG', 'ARTIFACT_CORRUPT', 'ARTIFACT_FOREIGN', 'MANIFEST_INVALID'],
      8: ['TARGET_NOT_EMPTY', 'OBJECT_EXISTS'],
      9: ['SEVERAL_FAILED'],
      10: ['TOOL_NOT_FOUND', 'TOOL_UNSUITABLE', 'PLUGIN_NOT_FOUND', 'PLUGIN_INVALID', 'PROOF_UNAVAILABLE'],
      11: ['LOCKED'],
      12: ['TIMED_OUT'],
      130: ['INTERRUPTED'],
      143: ['TERMINATED'],
    })
  })

  it('are told for every error code, one line each', () => {
    for (const { exit, means, codes } of exitCodes()) {
      const line = exitCodeTable()
        .split('\n')
        .find((text) => text.startsWith(`${exit}: `))
      assert.ok(line?.includes(means))
      for (const code of codes) assert.equal(exitCodeOf(code), exit)
    }
  })
})
