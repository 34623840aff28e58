import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Tarball {
  readonly name: string
  /** Whether it is installed with dbvault, or only when a user asks for it. */
  readonly comesAlong: boolean
  readonly path: string
  /** Bytes to download, and on disk. */
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly string[]
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The packages as npm would publish them, and what a user gets who installs them. Everything is gone when disposed of. */
export class Published implements AsyncDisposable {
  readonly folder: string
  readonly tarballs: readonly Tarball[]

  private constructor(folder: string, tarballs: readonly Tarball[]) {
    this.folder = folder
    this.tarballs = tarballs
  }

  /** Packs dbvault and all plugins of this repository. What is in `dist` is packed: it was built before. */
  static async pack(): Promise<Published> {
    const folder = await mkdtemp(join(tmpdir(), 'dbvault-published-'))
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const plugins = (await readdir(join(ROOT, 'plugins'))).map((name) => `@dbvault/${name}`)
    const which = ['dbvault', ...plugins].flatMap((name) => ['--workspace', name])
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...which]
    const { stdout } = await npm(ROOT, args)
    const packed = Object.values(JSON.parse(stdout) as Record<string, PackedByNpm>)
    const tarballs = packed.map(({ files, filename, ...rest }) => ({
      ...rest,
      comesAlong: rest.name === 'dbvault' || rest.name in dependencies,
      path: join(folder, filename),
      files: files.map(({ path }) => path),
    }))
    return new Published(folder, tarballs)
  }

  /** A project that depends on what comes with dbvault and nothing else, installed under the given Node. */
  async install(node: string): Promise<string> {
    const app = join(this.folder, 'app')
    await mkdir(app)
    await writeFile(join(app, 'package.json'), '{ "private": true, "type": "module" }')
    const tarballs = this.tarballs.filter(({ comesAlong }) => comesAlong).map(({ path }) => path)
    await npm(app, ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], node)
    return app
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}

interface PackedByNpm extends Omit<Tarball, 'path' | 'files' | 'comesAlong'> {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** Runs a program to its end, whatever its exit code. */
export async function run(program: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const ended = promisify(execFile)(program, [...args], { ...options, maxBuffer: 64 * 1024 * 1024 })
  return ended.then(
    ({ stdout, stderr }): Ended => ({ code: 0, stdout, stderr }),
    (error: Error & Partial<Ended>): Ended => {
      if (typeof error.code !== 'number') throw error
      return { code: error.code, stdout: error.stdout ?? '', stderr: error.stderr ?? '' }
    },
  )
}

async function npm(cwd: string, args: readonly string[], node = process.execPath): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_cache$)|INIT_CWD$)/.test(name))
  const env = { ...Object.fromEntries(inherited), PATH: `${join(node, '..')}${delimiter}${process.env['PATH']}` }
  const ended = await run('npm', args, { cwd, env })
  if (ended.code !== 0) throw new Error(`npm ${args[0]} exited with ${ended.code}: ${ended.stderr}`)
  return ended
}
