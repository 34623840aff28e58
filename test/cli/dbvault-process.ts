import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const PLUGINS = fileURLToPath(new URL('../fixtures/plugins', import.meta.url))

export interface Finished {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Environment = Readonly<Record<string, string>>

/** A user of this machine who has nothing but dbvault: own folders for data and cache, no variables. */
export class User implements AsyncDisposable {
  readonly home: string
  readonly #environment: Environment

  private constructor(home: string) {
    this.home = home
    this.#environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      SHELL: '/bin/bash',
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: join(home, 'config'),
    }
  }

  static async create(): Promise<User> {
    return new User(await mkdtemp(join(tmpdir(), 'dbvault-user-')))
  }

  path(...parts: string[]): string {
    return join(this.home, ...parts)
  }

  /** Starts the built dbvault, as a user would. */
  start(argv: readonly string[], environment: Environment = {}, nodeArguments: readonly string[] = []): ChildProcess {
    return spawn(process.execPath, [...nodeArguments, BIN, ...argv], {
      cwd: this.home,
      env: { ...this.#environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async run(argv: readonly string[], environment?: Environment, nodeArguments?: readonly string[]): Promise<Finished> {
    return finished(this.start(argv, environment, nodeArguments))
  }

  /** Copies a plugin of the fixtures, with some files in it replaced, and links it. */
  async link(fixture: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    const root = await this.copy(fixture, files)
    const { exit, stderr } = await this.run(['plugins', 'link', '--no-install', root])
    if (exit !== 0) throw new Error(`cannot link ${root}: ${stderr}`)
    return root
  }

  /** The same for a plugin that dbvault would not link: as if it had gone bad since. */
  async plant(fixture: string, files: Readonly<Record<string, string>>): Promise<string> {
    const root = await this.copy(fixture, files)
    const list = this.path('data', 'dbvault', 'package.json')
    const pjson = JSON.parse(await readFile(list, 'utf8')) as { oclif: { plugins: object[] } }
    const { name } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { name: string }
    pjson.oclif.plugins.push({ name, type: 'link', root })
    await writeFile(list, JSON.stringify(pjson))
    return root
  }

  async copy(fixture: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    const root = await mkdtemp(this.path(`${fixture}-`))
    await cp(join(PLUGINS, fixture), root, { recursive: true })
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(root, name, '..'), { recursive: true })
      await writeFile(join(root, name), content)
    }
    return root
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true })
  }
}

export async function finished(child: ChildProcess): Promise<Finished> {
  if (!child.stdout || !child.stderr) throw new Error('the child has no pipes')
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    // A death by a signal as a shell tells it.
    child.once('close', (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]))
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exit: await exit, stdout, stderr }
}
