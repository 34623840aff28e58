import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Storage } from '../../src/contract/storage.ts'
import { memoryStorage, storageConformance } from '../../src/testing/index.ts'

/** Ways to be wrong, each of which has cost somebody a backup. */
const faults: Record<string, (good: Storage) => Partial<Storage>> = {
  'replaces an existing object': (good) => ({
    async put(key, body, host) {
      await good.delete(key, host)
      return good.put(key, body, host)
    },
  }),
  'stores what came before the body failed': (good) => ({
    async put(key, body, host) {
      const parts: Uint8Array[] = []
      try {
        for await (const chunk of body) parts.push(chunk as Uint8Array)
      } catch {}
      return good.put(key, Readable.from([Buffer.concat(parts)]), host)
    },
  }),
  'loses the last byte': (good) => ({
    async get(key, host, options) {
      const bytes = await buffer(await good.get(key, host, options))
      return Readable.from([bytes.subarray(0, -1)])
    },
  }),
  'ignores ranges': (good) => ({ get: (key, host) => good.get(key, host) }),
  'gives nothing for what is absent': (good) => ({
    get: (key, host) => good.get(key, host).catch(() => Readable.from([])),
  }),
  'stops listing at a page': (good) => ({
    async *list(prefix, host) {
      let count = 0
      for await (const stat of good.list(prefix, host)) if (count++ < 1_000) yield stat
    },
  }),
  'takes a prefix for a folder': (good) => ({
    async *list(prefix, host) {
      for await (const stat of good.list(prefix, host)) {
        if (prefix === '' || stat.key.startsWith(`${prefix.replace(/\/$/, '')}/`)) yield stat
      }
    },
  }),
  'lists nothing in place of failing': (good) => ({
    async *list(prefix, host) {
      try {
        for await (const stat of good.list(prefix, host)) yield stat
      } catch {}
    },
  }),
  'decodes keys': (good) => ({ put: (key, body, host) => good.put(key.replaceAll('%20', ' '), body, host) }),
  'has addresses that are not encoded': () => ({ address: (key) => `memory://test/${key}` }),
  'does not delete': () => ({ delete: async () => {} }),
  'fails to delete what is gone': (good) => ({
    async delete(key, host) {
      if ((await good.stat(key, host)) === undefined) throw host.error('OBJECT_NOT_FOUND', 'gone')
      await good.delete(key, host)
    },
  }),
  'does not hear an abort': (good) => ({
    stat: (key, host) => good.stat(key, { ...host, signal: new AbortController().signal }),
  }),
}

describe('the storage suite', () => {
  for (const [fault, plant] of Object.entries(faults)) {
    it(`rejects a storage that ${fault}`, async () => {
      const cases = storageConformance({
        async open() {
          const good = memoryStorage()
          return { storage: { ...good, ...plant(good) }, [Symbol.asyncDispose]: async () => {} }
        },
        largestBody: 300_000,
        denied: 'none',
        unreachable: 'none',
        unreliable: 'none',
      })
      assert.ok(await someRejects(cases.map(({ run }) => run)))
    })
  }
})

async function someRejects(runs: (() => Promise<void>)[]): Promise<boolean> {
  for (const run of runs) {
    const passed = await run().then(
      () => true,
      () => false,
    )
    if (!passed) return true
  }
  return false
}
