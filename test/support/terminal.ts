import { type ChildProcess, spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../cli/dbvault-process.ts'

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** dbvault on a terminal, by `script` of util-linux. stdout and stderr are one there. */
export class Terminal {
  /** All that it has shown, as it came. */
  raw = ''
  #plain = ''
  /** Where in that begins what nobody has waited for yet: one piece may hold several questions. */
  #from = 0
  readonly #child: ChildProcess
  readonly exit: Promise<number | null>
  #wake = (): void => {}

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.raw += text
      this.#plain = stripVTControlCharacters(this.raw)
      this.#wake()
    })
    this.exit = new Promise((resolve) => {
      child.once('close', (code) => {
        resolve(code)
        this.#wake()
      })
    })
  }

  static start(argv: readonly string[], cwd: string, environment: Environment = {}): Terminal {
    const words = [process.execPath, BIN, ...argv].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
    const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: cwd, TERM: 'xterm-256color', SHELL: '/bin/sh', ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    return new Terminal(child)
  }

  /** What it has shown since, without colours and movements of the cursor. */
  get shown(): string {
    return this.#plain.slice(this.#from)
  }

  /** Resolves once the text has been shown; each call looks only at what came after the last one. */
  async until(text: string): Promise<void> {
    let ended = false
    void this.exit.then(() => (ended = true))
    while (!this.shown.includes(text)) {
      if (ended) throw new Error(`It ended before it showed "${text}":\n${this.shown}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    this.#from = this.#plain.indexOf(text, this.#from) + text.length
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }
}
