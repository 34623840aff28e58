import type { Secret, ToolCall } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { feed, release } from './feed.ts'
import { ToolProcess } from './tool-process.ts'

/** See {@link Host.runTool}. Once `signal` aborts, its reason is what is thrown. */
export function runTool(
  call: ToolCall,
  signal: AbortSignal,
  secrets: readonly Secret[],
  input?: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  return input === undefined ? runAlone(call, signal, secrets) : runFed(call, signal, secrets, input)
}

async function* runAlone(
  call: ToolCall,
  signal: AbortSignal,
  secrets: readonly Secret[],
): AsyncGenerator<Uint8Array, void> {
  signal.throwIfAborted()
  const tool = new ToolProcess(call, 'ignore', secrets)
  const terminate = (): void => tool.terminate()
  signal.addEventListener('abort', terminate)
  try {
    yield* tool.stdout
    await tool.succeeded
    signal.throwIfAborted()
  } catch (error) {
    terminate()
    // The stream of a program that failed breaks off too; why it failed says more.
    const failure = await tool.succeeded.then(
      () => error,
      (reason: unknown) => reason,
    )
    signal.throwIfAborted()
    throw failure
  } finally {
    signal.removeEventListener('abort', terminate)
    terminate()
    await tool.gone
  }
}

async function* runFed(
  call: ToolCall,
  signal: AbortSignal,
  secrets: readonly Secret[],
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const source = input[Symbol.asyncIterator]()
  let tool: ToolProcess | undefined
  // Never SIGTERM: it may be handled, and what has come so far be taken for all there is.
  const kill = (): void => tool?.kill()
  try {
    signal.throwIfAborted()
    tool = new ToolProcess(call, 'pipe', secrets)
    const { succeeded, stdin, stdout } = tool
    if (stdin === null) throw new DbvaultError('INTERNAL', 'A program that is fed has no stdin')
    signal.addEventListener('abort', kill)
    let failure: { readonly reason: unknown } | undefined
    const feeding = feed(source, stdin).catch((reason: unknown) => {
      failure = { reason }
      kill()
      // Nothing more of its output is wanted, and whoever waits for it is to wait no longer.
      stdout.destroy()
      return false
    })
    try {
      yield* stdout
      await succeeded
    } catch (error) {
      kill()
      // The output of a program that was killed breaks off; why it was says more.
      const reason = await succeeded.then(
        () => error,
        (why: unknown) => why,
      )
      signal.throwIfAborted()
      throw failure === undefined ? reason : failure.reason
    }
    const whole = await feeding
    signal.throwIfAborted()
    if (failure !== undefined) throw failure.reason
    if (!whole) throw new DbvaultError('TOOL_FAILED', `${call.command} ended before it had read all of its input`)
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
    await tool?.gone
    release(source, input)
  }
}
