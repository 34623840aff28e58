import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const PYTHON = process.env['DBVAULT_TEST_PYTHON'] ?? 'python3'

export interface Ended {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Variables = Readonly<Record<string, string>>

/**
 * A new home of a user who follows the documents: `dbvault` is the built one, `python3` the one with `cryptography`,
 * every other program is this machine's own. Nothing of the environment but PATH comes along.
 */
export class Workplace implements AsyncDisposable {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  static async create(): Promise<Workplace> {
    const workplace = new Workplace(await mkdtemp(join(tmpdir(), 'dbvault-docs-')))
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', 'import sys; print(sys.executable)'])
    await mkdir(workplace.path('programs'))
    await workplace.#program('dbvault', `exec '${process.execPath}' '${RUN}' "$@"`)
    await workplace.#program('python3', `exec '${stdout.trim()}' "$@"`)
    return workplace
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts)
  }

  /** Makes a folder. */
  async folder(name: string): Promise<string> {
    await mkdir(this.path(name))
    return this.path(name)
  }

  /** Runs commands under `sh`, as they are written, and lets them end as they will. */
  async sh(script: string, folder: string = this.root, variables: Variables = {}): Promise<Ended> {
    const child = spawn('sh', ['-c', script], {
      cwd: folder,
      env: {
        PATH: [this.path('programs'), process.env['PATH']].join(delimiter),
        HOME: this.root,
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exit = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { exit: await exit, stdout, stderr }
  }

  /** Runs commands that have to succeed, and returns what they print. */
  async output(script: string, folder?: string, variables?: Variables): Promise<string> {
    const { exit, stdout, stderr } = await this.sh(script, folder, variables)
    if (exit === 0) return stdout
    throw new Error(`exit code ${exit} of:\n${script}\n${stderr}`)
  }

  async #program(name: string, command: string): Promise<void> {
    await writeFile(this.path('programs', name), `#!/bin/sh\n${command}\n`, { mode: 0o755 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}
