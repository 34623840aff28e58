import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { createHost } from '../../src/host/create-host.ts'
import { secret } from '../../src/host/secret.ts'
import type { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { gone, processesWith, uniqueSleep } from './processes.ts'

const sh = (script: string, ...args: string[]) => ({ command: 'sh', args: ['-c', script, 'sh', ...args] })

async function* zeros(chunks: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < chunks; i++) yield Buffer.alloc(65_536)
}

describe('runTool', () => {
  const host = createHost({ signal: new AbortController().signal })

  it('yields all of stdout of a program that exits with 0', async () => {
    const bytes = await buffer(host.runTool(sh('head -c 5000000 /dev/zero; echo end >&2; echo end')))
    assert.equal(bytes.length, 5_000_004)
  })

  it('waits for output that a child writes after the program has exited with 0', async () => {
    assert.equal(await text(host.runTool(sh('(sleep 0.2; echo late) & echo first'))), 'first\nlate\n')
  })

  it('throws TOOL_FAILED after all output when the exit code is not 0', async () => {
    let seen = ''
    const reading = async (): Promise<void> => {
      for await (const chunk of host.runTool(sh('echo half; echo why >&2; exit 3'))) seen += String(chunk)
    }
    await assert.rejects(reading(), { code: 'TOOL_FAILED', message: 'sh exited with 3: why' })
    assert.equal(seen, 'half\n')
  })

  it('throws TOOL_FAILED when the program is ended by a signal', async () => {
    await assert.rejects(text(host.runTool(sh('echo half; kill -9 $$'))), {
      code: 'TOOL_FAILED',
      message: 'sh was ended by SIGKILL and said nothing',
    })
  })

  it('fails at once, and ends what the program left, when a child of it still holds stdout', async () => {
    const mark = uniqueSleep()
    await assert.rejects(text(host.runTool(sh(`sleep ${mark} & exit 4`))), { code: 'TOOL_FAILED' })
    assert.deepEqual(processesWith(mark), [])
  })

  it('does not wait for a process that left the group of a program that failed', async () => {
    const mark = uniqueSleep()
    await assert.rejects(text(host.runTool(sh(`setsid sleep ${mark} & sleep 0.1; exit 4`))), { code: 'TOOL_FAILED' })
    const left = processesWith(mark)
    for (const pid of left) process.kill(pid)
    assert.equal(left.length, 1)
  })

  it('throws TOOL_NOT_FOUND for a program that is not on PATH', async () => {
    await assert.rejects(text(host.runTool({ command: 'no-such-program', args: [] })), {
      code: 'TOOL_NOT_FOUND',
      message: 'no-such-program is not on PATH',
    })
    await assert.rejects(text(host.runTool({ command: '/etc/passwd', args: [] })), { code: 'TOOL_NOT_FOUND' })
    await assert.rejects(text(host.runTool({ command: 'sh', args: [], cwd: '/no/such/place' })), {
      code: 'TOOL_FAILED',
      message: 'sh cannot be started in /no/such/place, which does not exist',
    })
  })

  it('gives the program PATH and what the call names, and nothing else of the environment', async () => {
    process.env['PGPASSWORD'] = 'inherited'
    const env = await text(host.runTool({ command: 'env', args: [], env: { LANG: 'C' } }))
    delete process.env['PGPASSWORD']
    assert.deepEqual(env.trim().split('\n').sort(), ['LANG=C', `PATH=${process.env['PATH']}`])
  })

  it('runs the program in a session of its own, out of reach of the Ctrl-C of the terminal', async () => {
    const [, , , , group, session] = (await text(host.runTool({ command: 'cat', args: ['/proc/self/stat'] }))).split(
      ' ',
    )
    assert.equal(group, session)
    assert.notEqual(Number(session), process.pid)
  })

  it('ends the program and its children on abort, and throws the reason', async () => {
    const abort = new AbortController()
    const mark = uniqueSleep()
    const reading = createHost({ signal: abort.signal }).runTool(sh(`echo up; sh -c 'sleep ${mark}; true' & wait`))
    const chunks = reading[Symbol.asyncIterator]()
    await chunks.next()
    assert.ok(processesWith(mark).length > 0)
    const next = chunks.next()
    abort.abort(new Error('stop now'))
    await assert.rejects(next, /^Error: stop now$/)
    assert.deepEqual(processesWith(mark), [])
  })

  it('starts nothing when the signal has aborted before', async () => {
    const stopped = createHost({ signal: AbortSignal.abort(new Error('too late')) })
    await assert.rejects(text(stopped.runTool(sh('echo no'))), /too late/)
  })

  it('leaves no process after an early break', async () => {
    const mark = uniqueSleep()
    for await (const chunk of host.runTool(sh(`echo up; sleep ${mark} & wait`))) {
      assert.equal(String(chunk), 'up\n')
      break
    }
    assert.deepEqual(processesWith(mark), [])
  })

  it('sends SIGKILL when the program ignores SIGTERM', async () => {
    const mark = uniqueSleep()
    for await (const chunk of host.runTool(sh(`trap '' TERM; echo up; sleep ${mark}; sleep ${mark}`))) {
      assert.equal(String(chunk), 'up\n')
      break
    }
    assert.deepEqual(processesWith(mark), [])
  })

  it('keeps the last 8 KiB of 20 MB of stderr, and reads all of it', async () => {
    const script = 'head -c 20000000 /dev/zero | tr "\\0" x >&2; echo the end >&2; exit 1'
    await assert.rejects(text(host.runTool(sh(script))), (error: DbvaultError) => {
      assert.equal(error.code, 'TOOL_FAILED')
      assert.ok(error.message.length < 1_100, `${error.message.length} characters`)
      assert.match(error.message, /the end$/)
      assert.equal((error.cause as Error).message.length, 8_191) // The last newline is trimmed.
      return true
    })
  })

  it('takes control characters out of stderr', async () => {
    await assert.rejects(
      text(host.runTool(sh(`printf 'a\\033[2J\\033]0;title\\007b\\rc\\tone\\n\\302\\205two' >&2; exit 1`))),
      {
        message: 'sh exited with 1: abc\tone | two',
      },
    )
  })

  it('takes secrets out of stderr in every spelling, and where the kept part begins inside one', async () => {
    const password = `p#a"s'\\ ;$é%=]`
    const url = `postgres://u:${encodeURIComponent(password)}@h/d`
    const call = { ...sh('printf "%s\\n" "$@" >&2; exit 1', password, encodeURIComponent(password), url, 'end') }
    await assert.rejects(text(host.runTool({ ...call, redact: [secret(url)] })), {
      message: 'sh exited with 1: [secret] | [secret] | [secret] | end',
    })
    const long = 'canary'.repeat(20)
    const filler = sh(`printf '%s%08250d' "$1" 0 >&2; exit 1`, long)
    await assert.rejects(text(host.runTool({ ...filler, redact: [secret(long)] })), (error: DbvaultError) => {
      assert.match((error.cause as Error).message.slice(0, 100), /^0+$/)
      return true
    })
  })

  it('kills the program when the process exits in the middle', async () => {
    const mark = uniqueSleep()
    const from = new URL('../../src/host/create-host.ts', import.meta.url).href
    const script = `
      import { createHost } from ${JSON.stringify(from)}
      const host = createHost({ signal: new AbortController().signal })
      for await (const chunk of host.runTool({ command: 'sh', args: ['-c', 'echo up; sleep ${mark} & wait'] })) process.exit(7)`
    await assert.rejects(
      text(host.runTool({ command: process.execPath, args: ['--input-type=module', '-e', script] })),
      {
        message: /exited with 7/,
      },
    )
    await gone(mark)
  })

  it('runs a program that cleans up when the signal has aborted, until its own signal does', async () => {
    const host = createHost({ signal: AbortSignal.abort(new Error('stopped')) })
    const cleanup = { withinMs: 30_000 }
    await assert.rejects(text(host.runTool(sh('echo up'))), /stopped/)
    assert.equal(await text(host.runTool({ ...sh('echo up'), cleanup })), 'up\n')
    const fed = await host.feedTool({ ...sh('cat'), cleanup }, Readable.from([Buffer.from('in')]))
    assert.equal(fed, 'in')
    const own = AbortSignal.abort(new Error('enough'))
    await assert.rejects(text(host.runTool({ ...sh('echo up'), cleanup, signal: own })), /enough/)
    const late = host.runTool({ ...sh('sleep 60'), cleanup: { withinMs: 50 } })
    await assert.rejects(text(late), { code: 'TIMED_OUT', message: 'sh took too long to clean up' })
  })

  it('feeds an input while it yields the output, however much of both there is', async () => {
    let bytes = 0
    for await (const chunk of host.runTool({ command: 'cat', args: [] }, zeros(500))) bytes += chunk.length
    assert.equal(bytes, 32_768_000)
  })

  it('kills a program that is fed before its stdin closes when the input throws, and throws the same', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* zeros(3)
      throw new Error('the artifact is damaged')
    }
    for (let round = 0; round < 20; round++) {
      const output: Buffer[] = []
      const running = (async () => {
        for await (const chunk of host.runTool(sh('cat >/dev/null; echo the end'), failing()))
          output.push(Buffer.from(chunk))
      })()
      await assert.rejects(running, /^Error: the artifact is damaged$/)
      assert.equal(Buffer.concat(output).toString(), '')
    }
  })

  it('throws TOOL_FAILED when a program that is fed succeeds without having read its input', async () => {
    await assert.rejects(text(host.runTool(sh('head -c 10 >/dev/null; exec <&-; echo done'), zeros(500))), {
      code: 'TOOL_FAILED',
      message: 'sh ended before it had read all of its input',
    })
  })

  it('removes its listener from the signal', async () => {
    const { signal } = new AbortController()
    await text(createHost({ signal }).runTool(sh('echo up')))
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
