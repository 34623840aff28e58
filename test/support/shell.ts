import { spawn, type ChildProcess } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

const PATIENCE_MS = 20_000

/** A shell on a terminal, by `script` of util-linux. */
export class Shell implements AsyncDisposable {
  /** All that it has shown since the last {@link until}, without colours and movements of the cursor. */
  #shown = ''
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #wake = (): void => {}

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('script', ['-qec', `stty cols 200 rows 60; exec ${command}`, '/dev/null'], {
      cwd,
      env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += stripVTControlCharacters(text)
      this.#wake()
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        resolve()
        this.#wake()
      })
    })
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** What it has shown up to where the pattern is found. A shell that shows something else would be waited for for ever. */
  async until(pattern: RegExp): Promise<string> {
    let ended = false
    void this.#ended.then(() => (ended = true))
    const limit = setTimeout(() => {
      ended = true
      this.#wake()
    }, PATIENCE_MS)
    try {
      return await this.#find(pattern, () => ended)
    } finally {
      clearTimeout(limit)
    }
  }

  async #find(pattern: RegExp, ended: () => boolean): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#shown)
      if (found) {
        const shown = this.#shown.slice(0, found.index + found[0].length)
        this.#shown = this.#shown.slice(shown.length)
        return shown
      }
      if (ended()) throw new Error(`It did not show ${pattern}, but:\n${this.#shown}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
