import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { Engine } from '../../src/contract/engine.ts'
import type { Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { secret } from '../../src/host/secret.ts'
import { contextOf } from '../../src/operations/context.ts'
import { examineMachine } from '../../src/operations/examine-machine.ts'
import { examineSource } from '../../src/operations/examine-source.ts'
import { examineStorage } from '../../src/operations/examine-storage.ts'
import type { DoctorCheck } from '../../src/operations/examination.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { denied, faulty, watched } from '../support/faulty-storage.ts'
import { keysIn } from '../support/objects.ts'
import { textEngine } from '../support/text-engine.ts'

const RIGHTS = ['open', 'write', 'read back', 'list', 'refuse to overwrite', 'abort', 'delete']
const context = contextOf({ retry: { attempts: 1, minWaitMs: 1, maxWaitMs: 1 } })

const examine = (storage: Storage, lookOnly = false): Promise<readonly DoctorCheck[]> =>
  examineStorage(storage, 'nightly/', { lookOnly }, context)

const outcomes = (checks: readonly DoctorCheck[]): Record<string, string> =>
  Object.fromEntries(checks.map(({ name, outcome, error }) => [name, error?.code ?? outcome]))

describe('a place that is examined', () => {
  it('has every right tried, and nothing left in it', async () => {
    const storage = memoryStorage()
    const calls: string[] = []
    assert.deepEqual(
      outcomes(await examine(watched(storage, calls))),
      Object.fromEntries(RIGHTS.map((name) => [name, 'ok'])),
    )
    assert.deepEqual(await keysIn(storage), [])
    const puts = calls.filter((call) => call.startsWith('put'))
    assert.equal(puts.length, 3)
    for (const put of puts) assert.match(put, /nightly\/dbvault-doctor-\d{8}T\d{6}Z-[a-z0-9]{6}\.probe$/)
  })

  const faults: readonly (readonly [
    what: string,
    plant: (good: Storage) => Partial<Storage>,
    failing: string,
    code: string,
  ])[] = [
    [
      'replaces what exists',
      (good) => ({
        put: async (key, body, host) => {
          await good.delete(key, host)
          return good.put(key, body, host)
        },
      }),
      'refuse to overwrite',
      'STORAGE_FAILED',
    ],
    [
      'keeps what was aborted',
      (good) => ({
        put: async (key, body, host) => {
          body.on('error', () => {})
          const chunks: Buffer[] = []
          try {
            for await (const chunk of body.compose(
              async function* (source: AsyncIterable<Buffer>) {
                yield* source
              },
              { signal: host.signal },
            ))
              chunks.push(chunk as Buffer)
          } catch {
            await good.put(key, Readable.from([Buffer.concat(chunks)]), { ...host, signal: context.signal })
            throw host.signal.reason
          }
          return good.put(key, Readable.from([Buffer.concat(chunks)]), host)
        },
      }),
      'abort',
      'STORAGE_FAILED',
    ],
    ['may not be read', () => ({ get: () => Promise.reject(denied()) }), 'read back', 'STORAGE_DENIED'],
    [
      'gives other bytes',
      () => ({ get: async () => Readable.from([Buffer.from('x')]) }),
      'read back',
      'STORAGE_FAILED',
    ],
    [
      'does not list what it has',
      () => ({
        async *list() {},
      }),
      'list',
      'STORAGE_FAILED',
    ],
  ]
  for (const [what, plant, failing, code] of faults) {
    it(`fails where it ${what} (${failing})`, async () => {
      const storage = memoryStorage()
      const { [failing]: found, ...others } = outcomes(await examine({ ...storage, ...plant(storage) }))
      assert.equal(found, code)
      assert.ok(
        Object.values(others).every((outcome) => outcome === 'ok'),
        JSON.stringify(others),
      )
      assert.deepEqual(await keysIn(storage), [])
    })
  }

  it('may not be deleted from: that fails, and says what is left there', async () => {
    const checks = await examine(faulty(memoryStorage(), { call: 'delete', error: denied() }))
    const { delete: deleted, 'clean-up': left } = outcomes(checks)
    assert.deepEqual([deleted, left], ['STORAGE_DENIED', 'warning'])
    assert.match(
      checks.at(-1)?.detail ?? '',
      /memory:\/\/test\/nightly\/dbvault-doctor-.* could not be removed: refused/,
    )
  })

  it('that cannot be opened or written to has nothing else tried', async () => {
    const closed = outcomes(await examine(faulty(memoryStorage(), { call: 'probe', error: denied() })))
    assert.deepEqual([closed['open'], closed['write'], closed['delete']], ['STORAGE_DENIED', 'not tried', 'not tried'])
    const full = outcomes(await examine(faulty(memoryStorage(), { call: 'put', error: denied() })))
    assert.deepEqual([full['write'], full['list'], full['delete']], ['STORAGE_DENIED', 'not tried', 'not tried'])
    const readOnly = { ...memoryStorage(), probe: async () => ({ writable: false, notes: ['It is read-only.'] }) }
    const [check] = await examine(readOnly)
    assert.deepEqual([check?.error?.code, check?.hints], ['STORAGE_DENIED', ['It is read-only.']])
  })

  it('has its notes told, and only that where nothing may be written', async () => {
    const storage = memoryStorage()
    const noted: Storage = {
      ...storage,
      probe: async () => ({ writable: true, notes: ['versions are kept'] }),
      put: () => assert.fail('written'),
      delete: () => assert.fail('deleted'),
    }
    const checks = await examine(noted, true)
    assert.deepEqual(
      checks.slice(0, 2).map(({ name, detail }) => [name, detail]),
      [
        ['open', 'it can be made'],
        ['note', 'versions are kept'],
      ],
    )
    assert.ok(checks.slice(2).every(({ outcome }) => outcome === 'not tried'))
  })

  it('whose clock differs is warned of', async () => {
    const storage = memoryStorage()
    const ahead: Storage = {
      ...storage,
      put: async (key, body, host) => {
        const stat = await storage.put(key, body, host)
        return { ...stat, modifiedAt: new Date(stat.modifiedAt.getTime() + 3_600_000) }
      },
    }
    const clock = (await examine(ahead)).find(({ name }) => name === 'clock')
    assert.deepEqual(
      [clock?.outcome, clock?.detail],
      ['warning', "The clock of this machine is 60 minutes behind the storage's"],
    )
  })

  it('has nothing left in it after an interrupt, at whatever call that comes', async () => {
    for (const call of ['put', 'get', 'list', 'delete'] as const) {
      const controller = new AbortController()
      const storage = memoryStorage()
      const stopping: Storage = {
        ...storage,
        [call]: (...given: never[]) => {
          controller.abort(new DbvaultError('INTERRUPTED', 'interrupted'))
          return (storage[call] as (...args: never[]) => unknown)(...given)
        },
      }
      const stopped = { ...context, signal: controller.signal }
      await assert.rejects(examineStorage(stopping, '', { lookOnly: false }, stopped), { code: 'INTERRUPTED' })
      assert.deepEqual(await keysIn(storage), [], call)
    }
  })
})

describe('a source that is examined', () => {
  const look = (faults: Partial<Engine> = {}, database = 'shop'): Promise<readonly DoctorCheck[]> => {
    const source = { database, flags: {}, password: secret('canary') }
    return examineSource(textEngine(new Map([['shop', 'x']]), faults), source, { mode: 'auto' }, context)
  }

  it('is told with its version, its programs and whether a restore can be tried', async () => {
    const { probe } = textEngine(new Map([['shop', 'x']]))
    const checks = await look({
      probe: async (source, host) => ({ ...(await probe(source, host)), tools: { textdump: '4.2' } }),
      dump: () => assert.fail('dumped'),
    })
    assert.deepEqual(
      checks.map(({ name, outcome, detail }) => [name, outcome, detail]),
      [
        ['login', 'ok', 'shop: text 1, a dump of about 1 B'],
        ['program', 'ok', 'textdump 4.2'],
        ['completeness', 'ok', 'all of it can be read'],
        ['proof', 'ok', 'a restore can be tried'],
      ],
    )
  })

  it('fails for what a backup would fail of, with what mends it', async () => {
    const { probe } = textEngine(new Map([['shop', 'x']]))
    const checks = await look({
      probe: async (source, host) => ({
        ...(await probe(source, host)),
        consistency: 'none',
        scratch: { possible: false, why: 'there is no paper', hints: ['Buy some.'] },
        findings: [
          { severity: 'incomplete', message: 'no right to read page 3', fixes: ['GRANT READ ON PAGE 3'] },
          { severity: 'warning', message: 'page 4 is old' },
        ],
      }),
    })
    assert.deepEqual(outcomes(checks), {
      login: 'ok',
      moment: 'warning',
      completeness: 'DUMP_INCOMPLETE',
      warning: 'warning',
      proof: 'PROOF_UNAVAILABLE',
    })
    assert.deepEqual(
      checks.flatMap(({ hints = [] }) => hints),
      ['GRANT READ ON PAGE 3', 'Buy some.'],
    )
  })

  it('that is not there fails, and its password is not told', async () => {
    assert.deepEqual(outcomes(await look({}, 'none')), {
      login: 'SOURCE_NOT_FOUND',
      completeness: 'not tried',
      proof: 'not tried',
    })
    const talks: Partial<Engine> = {
      probe: ({ password }, host) => Promise.reject(host.error('SOURCE_DENIED', `no login with ${password?.reveal()}`)),
    }
    assert.equal((await look(talks))[0]?.detail, 'no login with [secret]')
  })
})

describe('the machine', () => {
  it('is told with its Node and its room for temporary files', async () => {
    const checks = await examineMachine(context)
    assert.ok(checks.some(({ name, detail }) => name === 'Node.js' && detail.startsWith(process.version)))
    assert.ok(checks.some(({ name, outcome }) => name === 'temporary files' && outcome === 'ok'))
  })

  it('fails where no temporary file can be made', async () => {
    const checks = await examineMachine({ ...context, tempRoot: '/nonexistent' })
    assert.equal(outcomes(checks)['temporary files'], 'USAGE')
  })
})
