import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Engine, Fingerprint, Member, Stored } from '../../src/contract/engine.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'

export const FORMAT = { id: 'text-1', extension: 'txt' }

/** A database is a text under a name; restoring puts it there. `faults` replaces what the engine would do. */
export function textEngine(databases: Map<string, string>, faults: Partial<Engine> = {}): Engine {
  const read = (name: string): string => {
    const found = databases.get(name)
    if (found === undefined) throw new DbvaultError('SOURCE_NOT_FOUND', `There is no text ${name}`)
    return found
  }
  return {
    descriptor: {
      contract: 1,
      kind: 'engine',
      name: 'text',
      summary: 'Texts.',
      module: './none.js',
      flags: {},
      source: { database: 'name', settings: [] },
      formats: [FORMAT],
    },
    async probe({ database }) {
      const bytes = read(database).length
      const scratch = { possible: true } as const
      return {
        label: database,
        product: 'text',
        version: '1',
        bytes,
        consistency: 'point-in-time',
        findings: [],
        scratch,
      }
    },
    dump({ source }) {
      const content = read(source.database)
      return dumpOf([member('main', [content])], async () => fingerprintOf(content))
    },
    async check(stored) {
      return { checked: { characters: (await contentOf(stored)).length } }
    },
    async prove({ stored, expected }) {
      const found = fingerprintOf(await contentOf(stored))
      const compared = { characters: Number(found['characters']) }
      if (!expected) return { outcome: 'restorable', compared }
      if (found['sha256'] === expected['sha256']) return { outcome: 'equal', compared }
      return { outcome: 'different', compared, differences: ['other characters'] }
    },
    async inspect({ database }) {
      const state = databases.has(database) ? 'occupied' : 'absent'
      return { state, description: `text ${database}` }
    },
    async restore({ stored, target }) {
      databases.set(target.database, await contentOf(stored))
      return { target: target.database, outcome: 'equal', restored: {} }
    },
    ...faults,
  }
}

export function fingerprintOf(content: string): Fingerprint {
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { scheme: 'text-1', characters: content.length, sha256 }
}

/** The parts come one after the other; an error among them is thrown in its place. */
export function member(name: string, parts: readonly (string | Error)[]): Member {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      if (part instanceof Error) throw part
      yield Buffer.from(part)
    }
  }
  return { name, format: FORMAT, bytes: bytes() }
}

export function dumpOf(
  members: readonly Member[],
  fingerprint: () => Promise<Fingerprint> = async () => fingerprintOf(''),
): ReturnType<Engine['dump']> {
  return { members: Readable.from(members), fingerprint, async [Symbol.asyncDispose]() {} }
}

async function contentOf(stored: readonly Stored[]): Promise<string> {
  let content = ''
  for (const one of stored) content += await text(await one.open())
  return content
}
