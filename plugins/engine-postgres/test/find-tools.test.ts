import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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
})
