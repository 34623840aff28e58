import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createHost } from '../../src/host/create-host.ts'
import { processesWith, uniqueSleep } from './processes.ts'

const sh = (script: string, ...args: string[]) => ({ command: 'sh', args: ['-c', script, 'sh', ...args] })

async function* zeros(chunks: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < chunks; i++) yield Buffer.alloc(65_536)
}

/** Yields `first` and is then silent until `signal` aborts. */
async function* silentAfter(first: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first)
  await new Promise(() => {})
}

describe('feedTool', () => {
  const host = createHost({ signal: new AbortController().signal })

  it('feeds all of the input and resolves with stdout', async () => {
    assert.equal(await host.feedTool(sh('wc -c'), zeros(500)), '32768000\n')
    assert.equal(await host.feedTool(sh('wc -c'), Readable.from([])), '0\n')
  })

  it('keeps the first 1 MiB of stdout and reads all of it', async () => {
    assert.equal((await host.feedTool({ command: 'cat', args: [] }, zeros(100))).length, 1024 * 1024)
  })

  it('throws the error of the program, and not EPIPE, when it ends early', async () => {
    await assert.rejects(host.feedTool(sh('echo refused >&2; exit 2'), zeros(500)), {
      code: 'TOOL_FAILED',
      message: 'sh exited with 2: refused',
    })
    await assert.rejects(host.feedTool(sh('exec <&-; sleep 0.1; echo late >&2; exit 2'), zeros(500)), {
      message: 'sh exited with 2: late',
    })
  })

  it('throws the error of the program while the input is silent', async () => {
    await assert.rejects(host.feedTool(sh('exit 2'), silentAfter('x')), { code: 'TOOL_FAILED' })
  })

  it('throws TOOL_FAILED when the program exits with 0 without having read its input', async () => {
    await assert.rejects(host.feedTool(sh('head -c 10'), zeros(500)), {
      code: 'TOOL_FAILED',
      message: 'sh ended before it had read all of its input',
    })
  })

  it('throws TOOL_NOT_FOUND for a program that is not on PATH', async () => {
    await assert.rejects(host.feedTool({ command: 'no-such-program', args: [] }, zeros(500)), {
      code: 'TOOL_NOT_FOUND',
    })
  })

  it('kills the program before its stdin closes when the input throws', async () => {
    await using dir = await host.tempDir()
    const marker = join(dir.path, 'committed')
    const started = join(dir.path, 'started')
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half a statement\n')
      while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 5))
      throw new Error('the artifact is damaged')
    }
    const call = sh(`read line; : > "$1"; sh -c 'cat; : > "$1"' sh "$2"`, started, marker)
    for (let round = 0; round < 20; round++) {
      await assert.rejects(host.feedTool(call, failing()), /^Error: the artifact is damaged$/)
      assert.equal(existsSync(marker), false)
    }
  })

  it('kills the program on abort, throws the reason and releases the input', async () => {
    const abort = new AbortController()
    const mark = uniqueSleep()
    let released = false
    const input = new Readable({
      read() {},
      destroy(error, done) {
        released = true
        done(error)
      },
    })
    input.push('x')
    const feeding = createHost({ signal: abort.signal }).feedTool(sh(`sleep ${mark} & cat`), input)
    while (processesWith(mark).length === 0) await new Promise((resolve) => setImmediate(resolve))
    abort.abort(new Error('stop now'))
    await assert.rejects(feeding, /^Error: stop now$/)
    assert.deepEqual(processesWith(mark), [])
    assert.ok(released)
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
  })

  it('gives a program that is killed with this process no end of its input', async () => {
    await using dir = await host.tempDir()
    const marker = join(dir.path, 'committed')
    const from = new URL('../../src/host/create-host.ts', import.meta.url).href
    const script = `
      import { createHost } from ${JSON.stringify(from)}
      const host = createHost({ signal: new AbortController().signal })
      async function* input() {
        yield Buffer.from('half')
        setTimeout(() => process.exit(0), 100)
        await new Promise(() => {})
      }
      await host.feedTool({ command: 'sh', args: ['-c', 'cat; : > ${marker}'] }, input())`
    await host.feedTool(
      { command: process.execPath, args: ['--input-type=module'] },
      Readable.from([Buffer.from(script)]),
    )
    assert.equal(existsSync(marker), false)
  })

  it('holds no more of 500 MiB of input than passes through', async () => {
    const from = new URL('../../src/host/create-host.ts', import.meta.url).href
    const script = `
      import { createHost } from ${JSON.stringify(from)}
      const host = createHost({ signal: new AbortController().signal })
      async function* zeros() {
        for (let i = 0; i < 8_000; i++) yield Buffer.alloc(65_536)
      }
      await host.feedTool({ command: 'sh', args: ['-c', 'cat > /dev/null'] }, zeros())
      console.log(process.resourceUsage().maxRSS)`
    const kib = await host.feedTool(
      { command: process.execPath, args: ['--input-type=module'] },
      Readable.from([Buffer.from(script)]),
    )
    assert.ok(Number(kib) < 300 * 1024, `${kib.trim()} KiB`)
  })
})
