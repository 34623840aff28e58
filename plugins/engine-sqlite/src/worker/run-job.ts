import { Worker } from 'node:worker_threads'
import { JobFailure } from './job-failure.ts'
import type { Copied, JobName, Jobs, Message } from './jobs.ts'

export interface RunJobOptions {
  readonly signal: AbortSignal
  /** Called once by a `snapshot`. */
  readonly onCopied?: (copied: Copied) => void
  /**
   * Whether the thread may be ended at any point. Where it may not, an abort is a request: the job stops at its next
   * safe point. A thread is only ever ended between two calls of SQLite, so a long call needs `onAbort` as well.
   */
  readonly mayEnd?: () => boolean
  /** Does what makes a running call of SQLite return soon. */
  readonly onAbort?: () => void
}

// A string in `new URL` is not rewritten by the compiler: the tests run the .ts, what is published the .js.
const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/**
 * Runs one job in a thread of its own and settles when that thread is gone, with every file it opened closed.
 * @throws JobFailure, or the signal's reason
 */
export async function runJob<N extends JobName>(
  name: N,
  input: Jobs[N]['input'],
  { signal, onCopied, mayEnd = () => true, onAbort }: RunJobOptions,
): Promise<Jobs[N]['output']> {
  signal.throwIfAborted()
  const cancelled = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(entry, {
    workerData: { name, input, cancelled },
    // Node 22 warns that node:sqlite is experimental; this engine is tested with what it uses of it.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 },
  })

  const cancel = () => {
    Atomics.store(cancelled, 0, 1)
    Atomics.notify(cancelled, 0)
    onAbort?.()
    if (mayEnd()) void worker.terminate()
  }
  try {
    return await new Promise<Jobs[N]['output']>((resolve, reject) => {
      let settle = () => reject(new JobFailure({ message: 'the thread that reads the database ended early' }))
      signal.addEventListener('abort', cancel)
      worker.on('message', (message: Message) => {
        if (message.kind === 'copied') onCopied?.(message.copied)
        else if (message.kind === 'done') settle = () => resolve(message.output as Jobs[N]['output'])
        else settle = () => reject(new JobFailure(message.failure))
        if (signal.aborted) void worker.terminate()
      })
      worker.on('error', (error) => (settle = () => reject(error as Error)))
      worker.on('exit', () => {
        if (signal.aborted) reject(signal.reason as Error)
        else settle()
      })
    })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
