import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { finished, type Finished, User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'
const FOLDER = 'dbvault-storage-folder'
const HANG = 'process.stderr.write("hanging\\n"); await new Promise((resolve) => setTimeout(resolve, 1e8));'

describe('a plugin that hangs and does not hear that it has to stop', function () {
  this.timeout(30_000)
  let user: User
  const roots = new Map<string, string>()
  const sound = new Map<string, string>()
  let runs = 0

  before(async () => {
    user = await User.create()
    for (const name of [LINES, FOLDER]) {
      const root = await user.link(name)
      roots.set(name, root)
      sound.set(name, await readFile(join(root, 'index.js'), 'utf8'))
    }
    await writeFile(user.path('rows.txt'), 'one\ntwo\n')
    await plant(LINES, '', '')
    const { exit, stderr } = await user.run(['backup', '--db', 'lines', '-D', 'rows.txt', '-o', 'good'])
    assert.equal(exit, 0, stderr)
  })
  after(() => user[Symbol.asyncDispose]())

  /** Has one of the plugins hang at the place where a text of its code stands; the other is sound. */
  async function plant(plugin: string, at: string, with_: string): Promise<void> {
    for (const [name, code] of sound) {
      assert.ok(name !== plugin || code.includes(at), at)
      await writeFile(
        join(roots.get(name) ?? '', 'index.js'),
        name === plugin ? code.replace(at, () => with_ + at) : code,
      )
    }
  }

  async function said(child: ChildProcess, word: string): Promise<void> {
    for (let heard = ''; !heard.includes(word);) heard += String((await once(child.stderr!, 'data'))[0])
  }

  async function interrupted(argv: readonly string[]): Promise<Finished> {
    const child = user.start(argv, { DBVAULT_STOP_GRACE: '0.3' })
    const ended = finished(child)
    await said(child, 'hanging')
    child.kill('SIGINT')
    return ended
  }

  const backup = (...more: string[]): string[] => ['backup', '--db', 'lines', '-D', 'rows.txt', '--json', ...more]

  for (const [where, plugin, at] of [
    ['probe', LINES, 'return {\n      label:'],
    ['the middle of its dump', LINES, 'yield Buffer.from(`#end'],
    ['prove', LINES, 'return compare(await fingerprintOf(storedLines(stored, host)), expected)'],
    ['opening a storage', FOLDER, "if (path === '') throw"],
    ['put', FOLDER, 'const path = pathOf(key)\n      const partial'],
    ['get', FOLDER, 'if (!(await statOf(key, host))) throw'],
  ] as const) {
    it(`in ${where} is given up some time after one Ctrl-C, and named; all else is cleaned up, and the exit code is 130`, async () => {
      await plant(plugin, at, HANG)
      const folder = `folder${(runs += 1)}`
      const { exit, stdout, stderr } = await interrupted(
        backup('-o', `${folder}-out`, '--cloud', 'folder', '--folder-path', folder, '--prove-from', 'folder'),
      )
      assert.equal(exit, 130, stderr)
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'INTERRUPTED')
      const version = plugin === LINES ? '2.3.4' : String(await versionOf(FOLDER))
      const named = new Set(stderr.match(/the plugin \S+ \S+ did not stop/g))
      assert.equal(named.size, 1, stderr)
      assert.match(stderr, new RegExp(`the plugin ${plugin} ${version} did not stop within [\\d.]+ s`))
      const left = await filesIn(user.path(`${folder}-out`))
      assert.deepEqual(left, [], stderr)
      // What the storage holds, only the storage can remove.
      if (plugin === LINES) assert.deepEqual(await filesIn(user.path(folder)), [])
    })
  }

  it('in a restore is waited for, since it may be putting back what was there, and named', async () => {
    await plant(LINES, "const file = await open(partial, 'wx', 0o600)", HANG)
    const child = user.start(['restore', '--newest', '-o', 'good', '-D', 'back.txt', '--json'], {
      DBVAULT_STOP_GRACE: '0.2',
    })
    const ended = finished(child)
    await said(child, 'hanging')
    child.kill('SIGINT')
    await said(child, `the plugin ${LINES} 2.3.4 has not stopped yet, and is waited for`)
    child.kill('SIGINT')
    assert.equal((await ended).exit, 130)
  })

  for (const plugin of [LINES, FOLDER]) {
    const argv = backup('-o', `import-${plugin}`, '--cloud', 'folder', '--folder-path', `import-${plugin}-folder`)

    it(`while ${plugin} is imported ends at one Ctrl-C, and is named`, async () => {
      await plant(plugin, 'const { dbvault: descriptor }', HANG)
      const { exit, stderr } = await interrupted(argv)
      assert.equal(exit, 130, stderr)
      assert.match(stderr, new RegExp(`the plugin ${plugin} was still being loaded`))
    })

    it(`while ${plugin} is imported ends by --timeout, and is named`, async () => {
      await plant(plugin, 'const { dbvault: descriptor }', HANG)
      const { exit, stderr } = await user.run([...argv, '--timeout', '1s'])
      assert.equal(exit, 12, stderr)
      assert.match(stderr, new RegExp(`the plugin ${plugin} was still being loaded`))
    })
  }

  async function versionOf(name: string): Promise<string> {
    const pjson = JSON.parse(await readFile(join(roots.get(name) ?? '', 'package.json'), 'utf8')) as { version: string }
    return pjson.version
  }
})

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}
