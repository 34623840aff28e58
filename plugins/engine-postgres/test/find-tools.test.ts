import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { access, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { findTools } from '../src/tools/find-tools.ts'

/** A pg_dump that only says its version, and keeps count of how often it was asked. */
async function program(folder: string, version: string): Promise<void> {
  const beside = join(folder, 'new')
  const script = `#!/bin/sh\necho asked >>'${folder}/asked'\necho 'pg_dump (PostgreSQL) ${version} (a test)'\n`
  await writeFile(beside, script, { mode: 0o700 })
  await rename(beside, join(folder, 'pg_dump'))
}

describe('looking for the programs of PostgreSQL', () => {
  it('asks each for its version once, until it is replaced', async () => {
    await using folder = await testHost().tempDir()
    const versionsFound = async (): Promise<string[]> =>
      (await findTools(folder.path, testHost())).map(({ version }) => version)

    await program(folder.path, '15.18')
    assert.deepEqual(await versionsFound(), ['15.18'])
    assert.deepEqual(await versionsFound(), ['15.18'])
    assert.equal(await readFile(join(folder.path, 'asked'), 'utf8'), 'asked\n')

    await program(folder.path, '17.2')
    assert.deepEqual(await versionsFound(), ['17.2'])
  })

  it('does not ask a wrapper on the PATH that starts another of them, but does where its directory is named', async () => {
    await using folder = await testHost().tempDir()
    const { path } = folder
    await program(path, '15.18')
    await rename(join(path, 'pg_dump'), join(path, 'pg_wrapper'))
    await symlink('pg_wrapper', join(path, 'pg_dump'))
    const usual = process.env['PATH'] ?? ''
    process.env['PATH'] = path + delimiter + usual
    try {
      const directories = (await findTools(undefined, testHost())).map(({ directory }) => directory)
      assert.equal(directories.includes(path), false)
      await assert.rejects(access(join(path, 'asked')), { code: 'ENOENT' })
    } finally {
      process.env['PATH'] = usual
    }
    assert.deepEqual(
      (await findTools(path, testHost())).map(({ version }) => version),
      ['15.18'],
    )
  })
})
