import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { run } from './published.ts'

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

describe('a Node that is too old', () => {
  it('gets one line that says which one is needed, and exit code 1', async function () {
    const node = nodeBefore22()
    if (node === undefined) return this.skip()
    for (const args of [[], ['--version'], ['backup', '--db', 'sqlite']]) {
      const { code, stdout, stderr } = await run(node.path, [BIN, ...args], { cwd: '/', env: {} })
      assert.deepEqual(
        { code, stdout, stderr },
        { code: 1, stdout: '', stderr: `dbvault needs Node.js 22.16 or newer; this is ${node.version}.\n` },
      )
    }
  })
})

/** The machine's own, which `npm ci` ran on, stands behind the checkout's on the PATH. */
function nodeBefore22(): { path: string; version: string } | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'node')
    if (!existsSync(path)) continue
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
    if (Number(version.slice(1).split('.')[0]) < 22) return { path, version }
  }
  return undefined
}
