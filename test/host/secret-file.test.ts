import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { createHost } from '../../src/host/create-host.ts'

const CANARY = `canary p#a"s'\\ ⏎;$é%=]\n`

describe('secretFile', () => {
  const host = createHost({ signal: new AbortController().signal })

  it('is read by a child under its path, by its place', async () => {
    await using first = await host.secretFile('one')
    await using second = await host.secretFile(CANARY)
    const args = [first.path(0), second.path(1)]
    assert.deepEqual(args, ['/dev/fd/3', '/dev/fd/4'])
    assert.equal(await text(host.runTool({ command: 'cat', args, secrets: [first, second] })), `one${CANARY}`)
  })

  it('is read from its first byte by each child, with and without opening it', async () => {
    await using file = await host.secretFile(CANARY)
    const both = 'cat <&3; cat /dev/fd/3; cat /dev/fd/3'
    for (let round = 0; round < 2; round++) {
      const read = await text(host.runTool({ command: 'sh', args: ['-c', both], secrets: [file] }))
      assert.equal(read, CANARY.repeat(3))
    }
  })

  it('is a plain file that only this user can read and that has no name', async () => {
    const before = readdirSync('/dev/shm')
    await using file = await host.secretFile(CANARY)
    assert.deepEqual(readdirSync('/dev/shm'), before)
    const args = ['-L', '-c', '%F %a %h', file.path(0)]
    assert.equal(await text(host.runTool({ command: 'stat', args, secrets: [file] })), 'regular file 600 0\n')
  })

  it('cannot be written by the child', async () => {
    await using file = await host.secretFile(CANARY)
    const call = { command: 'sh', args: ['-c', 'echo x >&3'], secrets: [file] }
    await assert.rejects(text(host.runTool(call)), { code: 'TOOL_FAILED' })
  })

  it('does not show in the arguments or the environment of the child', async () => {
    await using file = await host.secretFile(CANARY)
    const args = ['/proc/self/cmdline', '/proc/self/environ']
    const seen = await text(host.runTool({ command: 'cat', args, secrets: [file] }))
    assert.match(seen, /PATH=/)
    assert.doesNotMatch(seen, /canary/)
  })

  it('leaves no open descriptor', async () => {
    const open = (): string[] =>
      readdirSync('/proc/self/fd')
        .map(target)
        .filter((path) => path.includes('dbvault-'))
    await using file = await host.secretFile(CANARY)
    await text(host.runTool({ command: 'cat', args: [file.path(0)], secrets: [file] }))
    assert.equal(open().length, 1)
    await file[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
    assert.equal(open().length, 0)
    await assert.rejects(text(host.runTool({ command: 'cat', args: [], secrets: [file] })), { code: 'INTERNAL' })
  })
})

function target(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}
