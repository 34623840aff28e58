import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Writer extends Disposable {
  /** Resolves to how often it has committed. */
  stop(): Promise<number>
}

/** Starts a process that writes to tables `account` and `entry`; resolves when it has committed for the first time. */
export async function startWriter(path: string): Promise<Writer> {
  const script = fileURLToPath(new URL('./writer.mjs', import.meta.url))
  const child = fork(script, [path], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  await once(child, 'message')
  return {
    async stop() {
      const exited = once(child, 'exit')
      const said = once(child, 'message')
      child.send('stop')
      const [commits] = (await said) as [number]
      await exited
      return commits
    },
    // Also after an assertion that failed: it would write, and hold the test run open, for ever.
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}
