import type { Secret, ToolCall } from '../contract/host.ts'
import { ToolProcess } from './tool-process.ts'

/** See {@link Host.runTool}. Once `signal` aborts, its reason is what is thrown. */
export async function* runTool(
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
