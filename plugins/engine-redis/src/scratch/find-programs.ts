import type { Host } from 'dbvault'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { RdbHeader } from '../rdb/rdb-walk.ts'
import { ScratchUnavailable } from './unavailable.ts'

/** A server that can be started on this machine. */
export interface Program {
  readonly path: string
  readonly product: RdbHeader['product']
  readonly version: string
}

const NAMES = ['redis-server', 'valkey-server'] as const
/** Places that are not in everybody's PATH. */
const ELSEWHERE = ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin', '/opt/redis-stack/bin']
/** The first with all settings that a private server is started with. */
const OLDEST = 7

/** Those in one directory, or else wherever programs are. */
export async function findPrograms(directory: string | undefined, host: Host): Promise<Program[]> {
  const places = directory === undefined ? [...(process.env['PATH'] ?? '').split(delimiter), ...ELSEWHERE] : [directory]
  const found: Program[] = []
  for (const name of NAMES) {
    for (const place of new Set(places.filter((text) => text !== ''))) {
      const path = join(place, name)
      const program = (await isProgram(path)) ? await look(path, host) : undefined
      if (program) found.push(program)
    }
  }
  return found
}

/** What a server of this version writes. Later ones than are known write at least what the last known one does. */
export function formatOf(product: RdbHeader['product'], version: string): RdbHeader {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const at = major * 100 + minor
  const versions = product === 'valkey' ? VALKEY : REDIS
  const written = versions.findLast(([since]) => at >= since)?.[1] ?? 5
  return { product: product === 'valkey' && written >= 80 ? 'valkey' : 'redis', version: written }
}

/** Since which version (times 100) which version of the format is written. */
const REDIS = [
  [204, 6],
  [302, 7],
  [400, 8],
  [500, 9],
  [700, 10],
  [702, 11],
  [704, 12],
  [806, 13],
] as const
const VALKEY = [
  [702, 11],
  [900, 80],
  [902, 81],
] as const
/** The last that Redis wrote before Valkey went its own way. */
const COMMON = 11

/** Whether a server can read what another one wrote. */
export function canRead(product: RdbHeader['product'], version: string, written: RdbHeader): boolean {
  const own = formatOf(product, version)
  if (written.product === 'redis' && written.version <= COMMON) return own.version >= written.version
  // Each refuses what the other one has written since.
  return own.product === written.product && product === written.product && own.version >= written.version
}

/** The one to load a file with. @throws ScratchUnavailable */
export async function programFor(written: RdbHeader, directory: string | undefined, host: Host): Promise<Program> {
  const found = await findPrograms(directory, host)
  const able = found.filter(
    ({ product, version }) => Number.parseInt(version, 10) >= OLDEST && canRead(product, version, written),
  )
  const program = able.find(({ product }) => product === written.product) ?? able[0]
  if (program) return program
  const wanted = written.product === 'valkey' ? 'valkey-server' : 'redis-server'
  const format = `RDB version ${written.version} of ${written.product === 'valkey' ? 'Valkey' : 'Redis'}`
  if (found.length === 0) {
    const where = directory === undefined ? 'on this machine' : `in ${directory}`
    throw new ScratchUnavailable(`there is neither redis-server nor valkey-server ${where} to load it with`, [
      `Install one: apt-get install ${wanted}; it need not run. Or name its directory: --redis-bin-dir`,
    ])
  }
  const have = found.map(({ product, version, path }) => `${product} ${version} (${path})`).join(', ')
  throw new ScratchUnavailable(`no server on this machine can load ${format}: there is ${have}`, [
    `Install ${wanted} in at least the version of the source, and name its directory: --redis-bin-dir`,
  ])
}

async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function look(path: string, host: Host): Promise<Program | undefined> {
  try {
    let said = ''
    for await (const chunk of host.runTool({ command: path, args: ['--version'] })) said += String(chunk)
    const match = /^(Redis|Valkey) server v=(\d+(?:\.\d+)*)/i.exec(said)
    const version = match?.[2]
    if (version === undefined) return undefined
    return { path, product: match?.[1]?.toLowerCase() === 'valkey' ? 'valkey' : 'redis', version }
  } catch (error) {
    host.signal.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code === 'TOOL_FAILED') return undefined
    throw error
  }
}
