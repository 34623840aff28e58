import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Mutant, plant } from './mutant.ts'
import type { Report } from './verdict.ts'

/** Long enough for mocha's own limit to be the one that strikes. */
const LIMIT_MS = 180_000
const LEFT_OUT = ['.git', 'coverage', 'dist', 'node_modules']

/** A copy of the working tree, in which bugs can be planted, built and tested. Nothing is written to the original. */
export class WorkingCopy implements AsyncDisposable {
  readonly #root: string
  readonly #remove: () => void

  private constructor(root: string) {
    this.#root = root
    this.#remove = () => rmSync(root, { recursive: true, force: true })
    process.once('exit', this.#remove)
  }

  static async of(original: string): Promise<WorkingCopy> {
    const copy = new WorkingCopy(await mkdtemp(join(tmpdir(), 'dbvault-mutants-')))
    await cp(original, copy.#root, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
    await linkModules(join(original, 'node_modules'), join(copy.#root, 'node_modules'))
    return copy
  }

  /** Undefined when it builds, else what the compiler says. */
  async build(projects: readonly string[]): Promise<string | undefined> {
    const { code, output } = await this.#node([join(this.#root, 'node_modules/typescript/bin/tsc'), '-b', ...projects])
    return code === 0 ? undefined : output.trim() || `the compiler ended with ${code}`
  }

  /** Runs what is in a test file and has one of the titles; undefined when mocha did not come to its end. */
  async test(file: string, titles: readonly string[]): Promise<Report | undefined> {
    const report = join(this.#root, 'report.json')
    await rm(report, { force: true })
    const pattern = titles.map((title) => title.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|')
    await this.#node([
      join(this.#root, 'node_modules/mocha/bin/mocha.js'),
      '--no-config',
      '--exit',
      '--timeout=60000',
      '--require=./tools/test/environment.ts',
      '--reporter=json',
      `--reporter-option=output=${report}`,
      `--grep=${pattern}`,
      file,
    ])
    return readFile(report, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      () => undefined,
    )
  }

  /** Plants a bug for as long as the work takes. @throws Error when its place is not there */
  async with<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    const path = join(this.#root, mutant.file)
    const sound = await readFile(path, 'utf8')
    await writeFile(path, plant(mutant, sound))
    try {
      return await work()
    } finally {
      await writeFile(path, sound)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#remove)
    await rm(this.#root, { recursive: true, force: true, maxRetries: 3 })
  }

  async #node(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const child = spawn(process.execPath, args, {
      cwd: this.#root,
      detached: true,
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    // A test that fails may leave processes behind, which would hold its output open.
    const endGroup = (): void => killGroup(child.pid)
    process.once('exit', endGroup)
    child.once('exit', endGroup)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += String(text)))
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    process.off('exit', endGroup)
    return { code, output }
  }
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing of it runs any more.
  }
}

/** Installed packages are linked as they are; the links to the repository's own packages lead into the copy. */
async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else if (entry.name.startsWith('@')) await linkModules(source, target)
    else await symlink(source, target)
  }
}
