import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createHost } from '../../src/host/create-host.ts'
import { needs } from '../support/tools.ts'

const nobody = { uid: 65_534, gid: 65_534 }

describe('a program that is run as another user', () => {
  needs('root', 'linux')

  const root = mkdtempSync(join(tmpdir(), 'dbvault-test-'))
  chmodSync(root, 0o711)
  after(() => rmSync(root, { recursive: true }))
  const host = createHost({ signal: new AbortController().signal, tempRoot: root })

  it('has that user, its group and no others', async () => {
    const said = await text(host.runTool({ command: 'id', args: [], user: nobody }))
    assert.match(said, /^uid=65534\S* gid=65534\S* groups=65534\S*\n$/)
  })

  it('writes in a temporary directory of that user, which is removed by us', async () => {
    const directory = await host.tempDir(nobody)
    const file = join(directory.path, 'file')
    await text(host.runTool({ command: 'sh', args: ['-c', `umask 077; echo x > ${file}`], user: nobody }))
    assert.equal(statSync(file).uid, nobody.uid)
    assert.equal(statSync(directory.path).mode & 0o777, 0o700)
    assert.equal(statSync(dirname(directory.path)).uid, 0)
    await directory[Symbol.asyncDispose]()
    assert.ok(!existsSync(dirname(directory.path)))
  })

  it('cannot reach a temporary directory that is not its own', async () => {
    await using directory = await host.tempDir()
    const reading = text(host.runTool({ command: 'ls', args: [directory.path], user: nobody }))
    await assert.rejects(reading, { code: 'TOOL_FAILED' })
  })

  it('is ended with all that it started when it is no longer read', async () => {
    for await (const _ of host.runTool({ command: 'sh', args: ['-c', 'echo x; sleep 1000'], user: nobody })) break
  })
})
