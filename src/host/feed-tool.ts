import { Readable, type Writable } from 'node:stream'
import type { Secret, ToolCall } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
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

/**
 * Writes the input and, at its end, closes stdin. Resolves to whether all of it was taken. When the input throws, stdin
 * is left open: what the program has read so far may not look like all there is.
 */
async function feed(source: AsyncIterator<Uint8Array>, stdin: Writable): Promise<boolean> {
  stdin.on('error', () => {}) // Comes to each write as well. Why the program stopped reading is for the program to say.
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const { value } = next
    const failure = await new Promise<unknown>((resolve) => stdin.write(value, resolve))
    if (failure !== null && failure !== undefined) return false
  }
  stdin.end()
  return true
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

/** Not awaited: an input that is silent would answer only after its next chunk. A stream can be ended at once. */
function release(source: AsyncIterator<Uint8Array>, input: AsyncIterable<Uint8Array>): void {
  if (input instanceof Readable) input.destroy()
  source.return?.().catch(() => {})
}
