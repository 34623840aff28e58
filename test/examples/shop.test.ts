import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { differences } from '../../examples/differences.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))

describe('examples', () => {
  it('shop.db holds what make-shop.ts makes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dbvault-shop-'))
    try {
      execFileSync(process.execPath, [join(EXAMPLES, 'make-shop.ts'), join(folder, 'shop.db')])
      assert.deepEqual(differences(join(EXAMPLES, 'shop.db'), join(folder, 'shop.db')), [])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('first-backup.ts backs shop.db up and restores the same, as often as it is called', () => {
    for (const _ of [1, 2]) {
      const output = execFileSync(process.execPath, [join(EXAMPLES, 'first-backup.ts')], { encoding: 'utf8' })
      assert.match(output, /proven by a restore/)
      assert.match(output, /restored\.db holds the same tables and rows as examples\/shop\.db\.\n$/)
    }
  })
})
