import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { STEPS } from '../../tools/steps.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the repository is in order:', () => {
  for (const [name, script] of Object.entries(STEPS)) {
    it(name, () => {
      const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
      const { status, output } = spawnSync('npm', ['run', '--silent', ...script], { cwd: ROOT, encoding: 'utf8', env })
      assert.equal(status, 0, output.join(''))
    })
  }
})
