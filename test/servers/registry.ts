import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { VERDACCIO } from '../support/tools.ts'

/** A package registry of our own, on a free port: what it does not have it asks of the registry that npm uses here. */
export interface TestRegistry extends AsyncDisposable {
  readonly url: string
  /** The variables with which npm, and so `dbvault plugins`, uses it. */
  readonly environment: Readonly<Record<string, string>>
  /** Publishes a folder or a tarball under a tag, `latest` if none is said. */
  publish(what: string, tag?: string): Promise<void>
}

const OPEN_TO_ALL = { access: '$all', publish: '$all', unpublish: '$all' }

export async function startRegistry(): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'dbvault-registry-'))
  const upstream = (await npm(['config', 'get', 'registry'], folder, process.env)).trim()
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: { npm: { url: upstream } },
    packages: { '@dbvault/*': OPEN_TO_ALL, 'dbvault*': OPEN_TO_ALL, '**': { ...OPEN_TO_ALL, proxy: 'npm' } },
    max_body_size: '100mb',
    log: { type: 'stdout', format: 'json', level: 'warn' },
  }
  const file = join(folder, 'config.yaml')
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config))
  const server = spawn(process.execPath, [VERDACCIO, '--config', file, '--listen', `127.0.0.1:${await freePort()}`], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exited = once(server, 'exit')
  const url = await addressOf(server.stdout)
  server.stdout.resume()
  await writeFile(join(folder, '.npmrc'), `//${new URL(url).host}/:_authToken=anybody\n`)
  const environment = {
    npm_config_registry: url,
    npm_config_userconfig: join(folder, '.npmrc'),
    npm_config_cache: join(folder, 'cache'),
  }
  return {
    url,
    environment,
    async publish(what, tag = 'latest') {
      await npm(['publish', '--ignore-scripts', '--tag', tag, what], folder, { ...process.env, ...environment })
    },
    async [Symbol.asyncDispose]() {
      server.kill()
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The server says it in a line once it can be reached. */
async function addressOf(output: Readable): Promise<string> {
  let said = ''
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(said) ?? []
    if (address !== undefined) return address
  }
  throw new Error(`the registry did not start: ${said}`)
}

async function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const inherited = Object.entries(env).filter(([name]) => !/^(npm_(?!config_)|INIT_CWD$)/.test(name))
  return (await promisify(execFile)('npm', [...args], { cwd, env: Object.fromEntries(inherited) })).stdout
}
