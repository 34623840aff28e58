import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { linkCloud } from '../../support/clouds.ts'
import { Vault } from '../../support/vault.ts'

const DAYS_AGO = new Date(Date.now() - 2 * 24 * 3_600_000)

describe('what a killed run leaves', function () {
  this.timeout(120_000)
  let vault: Vault
  before(async () => {
    vault = await Vault.create(60_000)
    await linkCloud(vault, 'folder')
  })
  after(() => vault[Symbol.asyncDispose]())

  async function everything(directory: string): Promise<string[]> {
    const entries = await readdir(vault.path(directory), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  }

  async function age(directory: string): Promise<void> {
    for (const file of await everything(directory)) await utimes(file, DAYS_AGO, DAYS_AGO)
  }

  /** Kills a backup as soon as something of it lies there. */
  async function killAt(directory: string, place: readonly string[], pattern: RegExp): Promise<void> {
    const child = vault.user.start(['backup', '--db', 'sqlite', '-D', 'shop.db', ...place, '--limit-rate', '2MB'])
    child.stdout?.resume()
    child.stderr?.resume()
    const closed = once(child, 'close')
    for (;;) {
      const files = await everything(directory).catch(() => [])
      if (files.some((file) => pattern.test(file))) break
      assert.equal(child.exitCode, null, 'it ended before it could be killed')
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.kill('SIGKILL')
    await closed
  }

  for (const [what, directory, place, partial] of [
    ['a directory', 'near', ['-o', 'near'], /\.partial$/],
    ['a cloud', 'far', ['--cloud', 'folder', '--folder-path', 'far'], /\.partial-[^/]+$/],
  ] as const) {
    it(`in the middle of its upload to ${what} is no backup, is spared while it may live, and is then pruned`, async () => {
      assert.equal((await vault.json(['backup', '--db', 'sqlite', '-D', 'shop.db', ...place])).exit, 0)
      const whole = await everything(directory)
      await killAt(directory, place, partial)
      assert.equal((await vault.json(['list', ...place])).backups.length, 1)
      const early = await vault.json(['prune', ...place, '--yes'])
      assert.deepEqual([early.exit, early['remove']], [0, []])
      assert.ok((await everything(directory)).length > whole.length)
      await age(directory)
      const dry = await vault.run(['prune', ...place])
      assert.equal(dry.exit, 0)
      assert.match(
        dry.stdout,
        /Would be removed:\n(.*\n)+\nNothing was removed\. \d things? \(.*\) .* would be, with --yes\./,
      )
      const pruned = await vault.json(['prune', ...place, '--yes'])
      assert.equal(pruned.exit, 0, pruned.error?.message)
      assert.deepEqual((await everything(directory)).toSorted(), whole.toSorted())
      assert.equal((await vault.json(['verify', '--all', ...place])).exit, 0)
    })
  }

  it('never costs what others have put there, whatever it is called', async () => {
    const theirs = ['notes.txt', '.hidden.partial', 'dump.sql.gz', 'shop-20261123.db.gz', 'data.json', '.partial-x']
    for (const name of theirs) await writeFile(vault.path('near', name), name)
    await age('near')
    const before = await everything('near')
    assert.equal((await vault.json(['prune', '-o', 'near', '--yes', '--keep-last', '1'])).exit, 0)
    assert.deepEqual((await everything('near')).toSorted(), before.toSorted())
  })
})
