import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface Served {
  readonly pid: number
  /** Where it keeps what it stores. */
  readonly folder: string
  /** Ends it at once, as a power cut would, and removes its folder. */
  stop(): Promise<void>
}

export interface ServeOptions {
  readonly command: string
  /** Given the folder, which is new and empty. */
  readonly args: (folder: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether it answers already; may throw while it does not. */
  readonly isReady: () => Promise<boolean>
}

const PATIENCE_MS = 30_000

/** Runs a server that needs nothing but a folder. It ends with this process, also when that is killed. */
export async function serve({ command, args, env = {}, isReady }: ServeOptions): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'dbvault-server-'))
  const script =
    'exec 3<&0 </dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill -KILL $server; } & echo $server; wait $server'
  const shell = spawn('/bin/sh', ['-c', script, 'sh', command, ...args(folder)], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, TZ: 'UTC', ...env },
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(0, 10_000)))
  }
  const stop = async (): Promise<void> => {
    if (shell.exitCode === null && shell.signalCode === null) {
      const exited = once(shell, 'exit')
      shell.stdin.end()
      await exited
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(50)) {
    if (await isReady().catch(() => false)) return { pid: Number.parseInt(said, 10), folder, stop }
    if (shell.exitCode === null && Date.now() < deadline) continue
    await stop()
    throw new Error(`${command} did not start: ${said}`)
  }
}
