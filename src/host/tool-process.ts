import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import { finished, type Readable, type Writable } from 'node:stream'
import type { Secret, ToolCall } from '../contract/host.ts'
import { atExit } from './at-exit.ts'
import { openForChild } from './secret-file.ts'
import { keepTail } from './stderr-tail.ts'
import { toolFailed, toolNotStarted } from './tool-error.ts'

/** How long a program may take to end after SIGTERM before it gets SIGKILL. */
const PATIENCE_MS = 5_000
/** How long the output of a dead program is waited for: something that left its group may hold it open for ever. */
const DRAIN_MS = 1_000

type Tool = ChildProcess & { readonly stdout: Readable; readonly stderr: Readable }

/**
 * A running program and all that it started. They are a process group of their own, so that they end together; having
 * no terminal they neither get the user's Ctrl-C, which is for dbvault to turn into an orderly end, nor can they ask
 * for a password.
 */
export class ToolProcess {
  readonly stdin: Writable | null
  readonly stdout: Readable
  /**
   * Resolves once it exited with 0, stdout is read to its end, and nothing of its group runs any more.
   * @throws TOOL_NOT_FOUND, TOOL_FAILED
   */
  readonly succeeded: Promise<void>
  /** Settles when `succeeded` does, but never rejects. */
  readonly gone: Promise<void>

  readonly #tool: Tool
  #stopping = false
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(call: ToolCall, stdin: 'ignore' | 'pipe', secrets: readonly Secret[]) {
    const tool = start(call, stdin)
    const stderrTail = keepTail(tool.stderr, secrets)
    const forget = atExit(() => signalGroup(tool, 'SIGKILL'))
    this.#tool = tool
    this.stdin = tool.stdin
    this.stdout = tool.stdout
    this.succeeded = new Promise((resolve, reject) => {
      tool.once('error', (error) => {
        this.#over = true
        reject(toolNotStarted(call, error))
      })
      tool.once('close', (code, signal) => {
        this.#over = true
        if (code === 0) resolve()
        else reject(toolFailed(call.command, code, signal, stderrTail()))
      })
    })
    tool.once('exit', (code) => {
      // A program that succeeded may have left the rest of its output to a child of its own: that is waited for.
      if (code === 0 && !this.#stopping) finished(tool.stdout, () => this.#endGroup())
      else this.#endGroup()
    })
    this.gone = this.succeeded
      .catch(() => {}) // For whoever awaits `succeeded`; after an early end nobody does.
      .then(() => {
        clearTimeout(this.#timer)
        forget()
      })
  }

  /** SIGTERM now, and SIGKILL some seconds later if that is ignored. */
  terminate(): void {
    if (this.#stopping || this.#over) return
    this.#stop('SIGTERM')
    this.#timer ??= setTimeout(() => this.#stop('SIGKILL'), PATIENCE_MS)
  }

  /** SIGKILL now: once this has returned, nothing of the group acts on anything that is done to its stdin. */
  kill(): void {
    this.#stop('SIGKILL')
  }

  #stop(signal: NodeJS.Signals): void {
    this.#stopping = true
    if (this.#over) return
    const exited = this.#tool.exitCode !== null || this.#tool.signalCode !== null
    if (exited) this.#endGroup()
    else signalGroup(this.#tool, signal)
  }

  #endGroup(): void {
    signalGroup(this.#tool, 'SIGKILL')
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#tool.stdout.destroy()
      this.#tool.stderr.destroy()
    }, DRAIN_MS)
  }
}

function start(call: ToolCall, stdin: 'ignore' | 'pipe'): Tool {
  const descriptors: number[] = []
  try {
    for (const file of call.secrets ?? []) descriptors.push(openForChild(file))
    return spawn(call.command, call.args, {
      env: { ...(process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] }), ...call.env },
      stdio: [stdin, 'pipe', 'pipe', ...descriptors],
      detached: true,
      ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
      ...call.user,
    }) as Tool
  } catch (error) {
    throw toolNotStarted(call, error)
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor)
  }
}

function signalGroup(tool: ChildProcess, signal: NodeJS.Signals): void {
  if (tool.pid === undefined) return
  try {
    process.kill(-tool.pid, signal)
  } catch {
    // Nothing of the group is left, or only what is already dead.
  }
}
