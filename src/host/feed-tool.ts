import type { Readable } from 'node:stream'
import type { Secret, ToolCall } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { feed, release } from './feed.ts'
import { ToolProcess } from './tool-process.ts'

const KEPT_STDOUT = 1024 * 1024

/** See {@link Host.feedTool}. Once `signal` aborts, its reason is what is thrown. */
export async function feedTool(
  call: ToolCall,
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  secrets: readonly Secret[],
): Promise<string> {
  const source = input[Symbol.asyncIterator]()
  let tool: ToolProcess | undefined
  const kill = (): void => tool?.kill()
  try {
    signal.throwIfAborted()
    tool = new ToolProcess(call, 'pipe', secrets)
    const { succeeded, stdin } = tool
    if (stdin === null) throw new DbvaultError('INTERNAL', 'A program that is fed has no stdin')
    signal.addEventListener('abort', kill)
    const stdout = keepStart(tool.stdout)
    const feeding = feed(source, stdin)
    // The input may be silent for as long as it likes: the end of the program is noticed all the same.
    const whole = await Promise.race([feeding, succeeded.then(() => feeding)])
    await succeeded
    signal.throwIfAborted()
    if (!whole) throw new DbvaultError('TOOL_FAILED', `${call.command} ended before it had read all of its input`)
    return stdout()
  } catch (error) {
    kill()
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', kill)
    await tool?.gone
    release(source, input)
  }
}

function keepStart(stdout: Readable): () => string {
  const kept: Buffer[] = []
  let room = KEPT_STDOUT
  stdout.on('data', (chunk: Buffer) => {
    if (room > 0) kept.push(chunk.subarray(0, room))
    room -= chunk.length
  })
  return () => Buffer.concat(kept).toString('utf8')
}
