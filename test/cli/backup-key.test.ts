import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveSecret } from '../../src/cli/backup-key.ts'

describe('the file of a secret', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'backup-key-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('is new, and can be read by this user only', async () => {
    const path = join(directory, 'vault.key')
    await saveSecret(path, 'a key\n')
    assert.equal(await readFile(path, 'utf8'), 'a key\n')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('does not take the place of one that came to be meanwhile, nor of a link', async () => {
    const path = join(directory, 'vault.key')
    await saveSecret(path, 'first\n')
    await assert.rejects(saveSecret(path, 'second\n'), { code: 'OBJECT_EXISTS' })
    assert.equal(await readFile(path, 'utf8'), 'first\n')
    await symlink('not-there', join(directory, 'link.key'))
    await assert.rejects(saveSecret(join(directory, 'link.key'), 'second\n'), { code: 'OBJECT_EXISTS' })
  })
})
