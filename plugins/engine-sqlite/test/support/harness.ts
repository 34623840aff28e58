import type { Source } from 'dbvault'
import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import { existsSync, readdirSync } from 'node:fs'
import engine from '../../src/index.ts'
import type { Flags } from '../../src/descriptor.ts'
import { everything, marker } from './everything.ts'
import { sqlOf, Workshop } from './workshop.ts'
import { startWriter } from './writer.ts'

const workshops = new Set<Workshop>()

export function at(database: string, busyTimeout = 10_000): Source<Flags> {
  return { database, flags: { 'busy-timeout': busyTimeout } }
}

export const harness: EngineHarness<Flags> = {
  engine,
  async source() {
    const workshop = opened()
    const path = workshop.sql('source.db', `PRAGMA journal_mode = WAL; ${everything}`)
    return {
      source: at(path),
      marker,
      content: async () => sqlOf(path),
      async change() {
        workshop.sql('source.db', 'UPDATE account SET amount = amount + 1 WHERE id = 7')
      },
      startWriter: () => startWriter(path),
      [Symbol.asyncDispose]: async () => close(workshop),
    }
  },
  emptyTarget: async () => target(() => {}),
  occupiedTarget: async () =>
    target((workshop) => workshop.sql('target.db', 'CREATE TABLE old(x); INSERT INTO old VALUES (1)')),
  absentSource: async () => at('/nonexistent/absent.db'),
  unreachableSource: 'a file is on no server',
  deniedSource: 'a file has no password',
  leftovers: async () =>
    [...workshops].flatMap(({ directory }) =>
      // A reader of a WAL database makes -wal and -shm; SQLite lets nobody read without them.
      readdirSync(directory).filter((name) => !/^(?:source|target)\.db(?:-wal|-shm)?$/.test(name)),
    ),
}

function target(prepare: (workshop: Workshop) => unknown): TargetFixture<Flags> {
  const workshop = opened()
  prepare(workshop)
  const path = workshop.path('target.db')
  return {
    target: at(path),
    content: async () => (existsSync(path) ? sqlOf(path) : ''),
    [Symbol.asyncDispose]: async () => close(workshop),
  }
}

function opened(): Workshop {
  const workshop = new Workshop()
  workshops.add(workshop)
  return workshop
}

function close(workshop: Workshop): void {
  workshops.delete(workshop)
  workshop[Symbol.dispose]()
}
