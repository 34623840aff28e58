import { Writable } from 'node:stream'
import { writeOut } from '../host/confinement.ts'
import { diskError } from '../storage/disk-error.ts'
import { exitCodeOf } from './exit-code.ts'
import { renderError } from './render-error.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'

/**
 * A reader that went away, such as `| head`, only stops the writing: the operation and its exit code stand. When a
 * result cannot be written for another reason, such as a full disk, the command says so and exits with 6.
 *
 * Takes the place of all listeners: oclif, once it is loaded, has one that throws where nobody can catch it.
 */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error')
  process.stderr.on('error', () => {}) // Nobody is left to tell.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    const failure = asDbvaultError(diskError('write to', 'stdout', error))
    process.stderr.write(renderError(failure))
    process.exitCode = exitCodeOf(failure.code)
  })
}

/** Resolves once the text is written, for what must not get lost. @throws STORAGE_FULL, STORAGE_FAILED */
export function writeToStderr(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stderr.write(text, (error) => {
      if (error) reject(asDbvaultError(diskError('write to', 'stderr', error)))
      else resolve()
    })
  })
}

/** Resolves once all that was written to stdout and stderr is on its way, or can no longer be. */
export async function flushOutput(): Promise<void> {
  await Promise.all(
    [writeOut, process.stderr.write.bind(process.stderr)].map(
      // The callback of a write is called also when the stream has failed.
      async (write) => new Promise<void>((resolve) => void write('', () => resolve())),
    ),
  )
}

/** Stdout as a stream, for a result that is no text. It is never closed. */
export function resultStream(): Writable {
  return new Writable({ write: (chunk: Uint8Array, _, done) => void writeOut(chunk, done) })
}
