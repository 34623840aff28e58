import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import type { Content, State } from '../stand-in/state.ts'
import type { StandIn } from './instance.ts'
import { marker } from './shop.ts'

/** The engine with a stand-in: online where `content` archives logs. */
export function harness(instance: StandIn, content: Partial<Content>, parts: number): EngineHarness<Flags> {
  const { state } = instance
  const target = async (database: string): Promise<TargetFixture<Flags>> => ({
    target: instance.source(database),
    content: async () => instance.content(database),
    [Symbol.asyncDispose]: async () => state.drop(database),
  })
  return {
    engine,
    async source() {
      const database = instance.create(content)
      return {
        source: instance.source(database, { parts }),
        marker,
        content: async () => instance.content(database),
        change: async () => change(state, database),
        startWriter: async () => startWriter(state, database),
        [Symbol.asyncDispose]: async () => state.drop(database),
      }
    },
    emptyTarget: () => target(instance.free()),
    occupiedTarget: () => target(instance.create({ tables: [], objects: { views: 7 } })),
    absentSource: async () => instance.source('NOWHERE'),
    unreachableSource:
      'the programs talk to an instance of this machine; one that is not started has a test of its own',
    deniedSource: async () => ({
      ...instance.source(instance.create()),
      password: { reveal: () => 'not the right one' },
    }),
    async leftovers() {
      const databases = state.aliases().filter((name) => name.startsWith('DBV'))
      const files = readdirSync(join(state.directory, 'databases')).filter((name) => !name.endsWith('.json'))
      return [...databases, ...files]
    },
  }
}

/** Another value in one row, each time. */
export function change(state: State, database: string): void {
  const content = state.read(database)
  if (content === undefined) throw new Error(`no ${database}`)
  const [orders, ...others] = content.tables
  if (orders === undefined) throw new Error(`no tables in ${database}`)
  const rows = orders.rows.map((row, place) => (place === 7 ? [row[0] ?? null, `${row[1]}+`, row[2] ?? null] : row))
  state.write(database, { ...content, tables: [{ ...orders, rows }, ...others] })
}

function startWriter(state: State, database: string): { stop(): Promise<number> } {
  let stopped = false
  let committed = 0
  const writing = (async () => {
    while (!stopped) {
      change(state, database)
      committed++
      await setImmediate()
    }
  })()
  return {
    async stop() {
      stopped = true
      await writing
      return committed
    },
  }
}
