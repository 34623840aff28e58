import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { startRegistry, type TestRegistry } from '../servers/registry.ts'
import { type Ended, Published, run } from './published.ts'

/** A registry into which all packages of this repository were published, and dbvault as npm installs it globally from there. */
interface World {
  readonly published: Published
  readonly registry: TestRegistry
  readonly programs: string
}

let world: Promise<World> | undefined

/** One for all tests of this process. */
async function theWorld(): Promise<World> {
  const [published, registry] = await Promise.all([Published.pack(), startRegistry()])
  for (const { path } of published.tarballs) await registry.publish(path)
  const prefix = join(published.folder, 'global')
  await mkdir(prefix)
  const env = environmentOf(published.folder, prefix, registry)
  const ended = await run('npm', ['install', '--global', '--prefix', prefix, 'dbvault'], { cwd: prefix, env })
  assert.equal(ended.code, 0, ended.stderr)
  return { published, registry, programs: join(prefix, 'bin') }
}

after(async () => {
  const there = await world
  world = undefined
  await there?.registry[Symbol.asyncDispose]()
  await there?.published[Symbol.asyncDispose]()
})

function environmentOf(home: string, programs: string, registry: TestRegistry): NodeJS.ProcessEnv {
  const path = [programs, join(process.execPath, '..'), process.env['PATH']].join(delimiter)
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|DBVAULT_|XDG_|INIT_CWD$)/.test(name))
  return { ...Object.fromEntries(inherited), HOME: home, PATH: path, ...registry.environment }
}

/** Somebody with a home of their own who knows dbvault from the registry only, outside of this workspace. */
export class Stranger implements AsyncDisposable {
  readonly home: string
  readonly published: Published
  readonly registry: TestRegistry
  readonly #environment: NodeJS.ProcessEnv

  private constructor(home: string, { published, registry, programs }: World) {
    this.home = home
    this.published = published
    this.registry = registry
    this.#environment = environmentOf(home, programs, registry)
  }

  static async create(): Promise<Stranger> {
    const there = await (world ??= theWorld())
    return new Stranger(await mkdtemp(join(there.published.folder, 'home-')), there)
  }

  call(program: string, args: readonly string[], cwd = this.home): Promise<Ended> {
    return run(program, args, { cwd, env: this.#environment })
  }

  async succeeds(program: string, ...args: readonly string[]): Promise<string> {
    return this.succeedsIn(this.home, program, ...args)
  }

  async succeedsIn(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.call(program, args, cwd)
    assert.equal(code, 0, `${program} ${args.join(' ')}: ${stderr}\n${stdout}`)
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true })
  }
}
