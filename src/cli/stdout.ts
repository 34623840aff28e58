/** A reader that went away, such as `| head`, only stops the writing: the operation and its exit code stand. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** Resolves once all that was written to stdout and stderr is on its way, or can no longer be. */
export async function flushOutput(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      // The callback of a write is called also when the stream has failed.
      async (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
    ),
  )
}
