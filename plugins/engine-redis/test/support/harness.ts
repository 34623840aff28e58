import type { Source } from 'dbvault'
import type { EngineHarness, TargetFixture, Writer } from 'dbvault/testing'
import { readFileSync, readdirSync } from 'node:fs'
import { freePort } from '../../../../test/servers/free-port.ts'
import { startRedis, type TestRedis } from '../../../../test/servers/redis.ts'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import { clientOf } from './client.ts'
import { contentOf } from './content.ts'
import { fillWithEverything, marker } from './everything.ts'
import { defaults } from './flags.ts'

export function at(server: TestRedis, database = 'all', flags: Partial<Source<Flags>['flags']> = {}): Source<Flags> {
  return {
    database,
    host: server.host,
    port: server.port,
    ...(server.password !== '' && { password: { reveal: () => server.password } }),
    flags: { ...defaults, ...flags },
  }
}

/** @param flags such as the directory of the server that proofs use */
export function harnessFor(program: string, flags: Partial<Source<Flags>['flags']> = {}): EngineHarness<Flags> {
  const fixture = async (): Promise<TestRedis> => await startRedis({ program })
  const target = async (fill: boolean): Promise<TargetFixture<Flags>> => {
    const server = await fixture()
    await using client = clientOf(server)
    if (fill) {
      await client.set('old', '1')
      await client.call('SELECT', 3)
      await client.set('older', '2')
      await client.call('FUNCTION', 'LOAD', "#!lua name=old\nredis.register_function('old', function() return 1 end)")
    }
    return {
      target: at(server, 'all', flags),
      content: () => contents(server),
      [Symbol.asyncDispose]: () => server.stop(),
    }
  }
  return {
    engine,
    async source() {
      const server = await fixture()
      await using client = clientOf(server)
      await fillWithEverything(client)
      return {
        source: at(server, 'all', flags),
        marker,
        content: () => contents(server),
        async change() {
          await using other = clientOf(server)
          await other.incr('counter')
        },
        startWriter: () => startWriter(server),
        [Symbol.asyncDispose]: () => server.stop(),
      }
    },
    emptyTarget: () => target(false),
    occupiedTarget: () => target(true),
    async absentSource() {
      return at(await shared(program), '99', flags)
    },
    unreachableSource: async () => ({ ...at(await shared(program), 'all', flags), port: await freePort() }),
    deniedSource: async () => ({
      ...at(await shared(program), 'all', flags),
      password: { reveal: () => 'not the canary' },
    }),
    leftovers: async () => privateServers(),
  }
}

const servers = new Map<string, Promise<TestRedis>>()

async function shared(program: string): Promise<TestRedis> {
  const known = servers.get(program) ?? startRedis({ program })
  servers.set(program, known)
  return await known
}

async function contents(server: TestRedis): Promise<string> {
  await using client = clientOf(server)
  return await contentOf(client)
}

/** Of whatever this process has started, by what stands in their arguments. */
function privateServers(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      const shown = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return shown.includes('dbvault-test-') && shown.includes('unixsocket') ? [`server ${pid}`] : []
    } catch {
      return []
    }
  })
}

/** Changes keys of all types, adds some and removes some, without pause. */
export async function startWriter(server: TestRedis): Promise<Writer> {
  const client = clientOf(server)
  let writes = 0
  let stopped = false
  const once = async (): Promise<void> => {
    await client
      .multi()
      .incr('counter')
      .set(`written ${writes % 200}`, `value ${writes}`, 'PX', 60_000 + writes)
      .rpush('written list', writes)
      .hset('hash of many', `f${writes % 1000}`, writes)
      .zadd('sorted many', writes, `m${writes % 1000}`)
      .xadd('written stream', '*', 'n', writes)
      .del(`written ${(writes + 100) % 200}`)
      .exec()
    writes++
  }
  await once()
  const writing = (async () => {
    while (!stopped) await once()
  })()
  return {
    async stop() {
      stopped = true
      await writing
      client.disconnect()
      return writes
    },
  }
}
