import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { Engine } from '../../src/contract/engine.ts'
import type { Storage } from '../../src/contract/storage.ts'
import { parseManifest, type Manifest } from '../../src/catalog/manifest.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { backup } from '../../src/operations/backup.ts'
import type { BackupRequest, BackupResult } from '../../src/operations/backup-request.ts'
import { contextOf, type OperationEvent } from '../../src/operations/context.ts'
import { secret } from '../../src/host/secret.ts'
import { generateFernetKey } from '../../src/pipeline/encrypt/fernet-key.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { keysIn, onlooker, put, read, replace } from '../support/objects.ts'
import { dumpOf, FORMAT, fingerprintOf, member, textEngine } from '../support/text-engine.ts'

const CONTENT = 'a row\n'.repeat(10_000)
const QUICK = { attempts: 3, minWaitMs: 1, maxWaitMs: 2 }

interface Attempt {
  readonly faults?: Partial<Engine>
  readonly storage?: Storage
  readonly request?: Partial<BackupRequest>
  readonly signal?: AbortSignal
  readonly report?: (event: OperationEvent) => void
}

async function attempt({
  faults = {},
  storage = memoryStorage(),
  request = {},
  signal,
  report,
}: Attempt): Promise<BackupResult & { readonly storage: Storage }> {
  const result = await backup(
    {
      engine: textEngine(new Map([['shop', CONTENT]]), faults),
      source: { database: 'shop', flags: {} },
      destinations: [{ storage }],
      compression: { name: 'gzip' },
      prove: 'restore',
      ...request,
    },
    contextOf({ retry: QUICK, ...(signal && { signal }), ...(report && { report }) }),
  )
  return { ...result, storage }
}

async function assertNothingKept(result: BackupResult & { readonly storage: Storage }, code: string): Promise<void> {
  assert.equal(result.error?.code, code, result.error?.message)
  assert.equal(result.status, 'failed')
  assert.deepEqual(await keysIn(result.storage), [])
}

async function manifestIn(storage: Storage): Promise<Manifest> {
  const key = (await keysIn(storage)).find((name) => name.endsWith('.json')) ?? ''
  return parseManifest(await read(storage, key), key)
}

const broken = new DbvaultError('DUMP_FAILED', 'the tool died')
const passing = (): DbvaultError => new DbvaultError('SOURCE_UNREACHABLE', 'the line is busy', { retryable: true })

describe('a backup', () => {
  it('is an artifact and, beside it, a manifest that says what was proven', async () => {
    const result = await attempt({})
    assert.equal(result.status, 'proven')
    assert.equal(result.error, undefined)
    assert.deepEqual(result.proof?.compared, { characters: CONTENT.length })
    const keys = await keysIn(result.storage)
    assert.equal(keys.length, 2)
    assert.match(keys[0] ?? '', /^text\/shop-\d{8}T\d{6}Z-[a-z0-9]{6}\.txt\.gz$/)
    assert.equal(keys[1], `${keys[0]}.json`)
    const { status, id, members, proof } = await manifestIn(result.storage)
    assert.deepEqual([status, id, proof.outcome], ['proven', result.id, 'equal'])
    assert.equal(members[0]?.dump.bytes, CONTENT.length)
  })

  it('writes the manifest last, when artifact and proof are done', async () => {
    const puts: string[] = []
    const storage = memoryStorage()
    let proven = false
    const watched: Storage = {
      ...storage,
      put: (key, body, host) => {
        if (key.endsWith('.json')) assert.ok(proven)
        puts.push(key.replace(/^.*\.txt\.gz/, ''))
        return storage.put(key, body, host)
      },
    }
    const { prove } = textEngine(new Map())
    await attempt({
      storage: watched,
      faults: { prove: (request, host) => prove(request, host).finally(() => (proven = true)) },
    })
    assert.deepEqual(puts, ['.pending-1', '', '.json'])
  })

  it('keeps what tells about the rows of an encrypted one from those without its key', async () => {
    const request = { encryption: { scheme: 'fernet', key: generateFernetKey() } } as const
    const { storage, dump } = await attempt({ request })
    const manifest = await read(storage, (await keysIn(storage))[1] ?? '')
    const { fingerprint, proof } = JSON.parse(manifest) as Manifest
    assert.equal(fingerprint, undefined)
    assert.equal(proof.compared, undefined)
    for (const secret of [dump?.sha256 ?? '?', String(fingerprintOf(CONTENT)['sha256'])]) {
      assert.ok(!manifest.includes(secret))
    }
  })

  it('has further members under its own name, and all of them in its manifest', async () => {
    const { storage, members } = await attempt({
      faults: {
        dump: () => dumpOf([member('main', ['one']), member('roles', ['two'])], async () => fingerprintOf('onetwo')),
      },
    })
    const [roles, main, manifest] = await keysIn(storage)
    assert.equal(manifest, `${main}.json`)
    assert.equal(roles, main?.replace('.txt.gz', '.roles.txt.gz'))
    assert.deepEqual(
      members.map(({ name }) => name),
      ['main', 'roles'],
    )
    assert.deepEqual(
      (await manifestIn(storage)).members.map(({ name }) => name),
      ['main', 'roles'],
    )
  })
})

describe('a backup keeps nothing and fails', () => {
  const failures: readonly (readonly [what: string, faults: Partial<Engine>, code: string])[] = [
    ['when the dump dies at once', { dump: () => dumpOf([member('main', [broken])]) }, 'DUMP_FAILED'],
    [
      'when the dump dies after its last byte',
      { dump: () => dumpOf([member('main', [CONTENT, broken])]) },
      'DUMP_FAILED',
    ],
    [
      'when a further member of the dump dies',
      { dump: () => dumpOf([member('main', [CONTENT]), member('roles', ['x', broken])]) },
      'DUMP_FAILED',
    ],
    ['when the dump has no member', { dump: () => dumpOf([]) }, 'DUMP_FAILED'],
    [
      'when the fingerprint cannot be taken',
      { dump: () => dumpOf([member('main', [CONTENT])], () => Promise.reject(broken)) },
      'DUMP_FAILED',
    ],
    [
      'when a backup is of other rows than the source',
      { dump: () => dumpOf([member('main', [CONTENT.slice(6)])], async () => fingerprintOf(CONTENT)) },
      'PROOF_FAILED',
    ],
    [
      'when an empty dump comes of a full source',
      { dump: () => dumpOf([member('main', [])], async () => fingerprintOf(CONTENT)) },
      'PROOF_FAILED',
    ],
    ['when the engine breaks', { dump: () => dumpOf([member('main', ['x', new TypeError('a bug')])]) }, 'INTERNAL'],
    ['when the proof breaks', { prove: () => Promise.reject(new TypeError('a bug')) }, 'INTERNAL'],
  ]
  for (const [what, faults, code] of failures) {
    it(`${what} (${code})`, async () => assertNothingKept(await attempt({ faults }), code))
  }

  it('when the fingerprint fails while the dump is silent', async () => {
    const faults: Partial<Engine> = {
      dump: (_, host) => {
        async function* silent(): AsyncGenerator<Uint8Array> {
          yield Buffer.from('x')
          await new Promise((_resolve, reject) => {
            host.signal.addEventListener('abort', () => reject(host.signal.reason as Error))
          })
        }
        return dumpOf([{ name: 'main', format: FORMAT, bytes: silent() }], () => Promise.reject(broken))
      },
    }
    await assertNothingKept(await attempt({ faults }), 'DUMP_FAILED')
  })

  it('when what is read back is not what was written (ARTIFACT_CORRUPT)', async () => {
    const storage = memoryStorage()
    const rotten: Storage = {
      ...storage,
      get: async (key, host) => {
        const bytes = Buffer.concat(await Array.fromAsync(await storage.get(key, host)))
        bytes.writeUInt8(bytes.readUInt8(4) ^ 1, 4) // In the gzip header's time, which no decoder looks at.
        return Readable.from([bytes])
      },
    }
    await assertNothingKept(await attempt({ storage: rotten }), 'ARTIFACT_CORRUPT')
  })

  it('when the storage holds another number of bytes than it was sent (STORAGE_FAILED)', async () => {
    const storage = memoryStorage()
    const short: Storage = {
      ...storage,
      put: async (key, body, host) => {
        const stat = await storage.put(key, body, host)
        return key.endsWith('.gz') ? { ...stat, bytes: stat.bytes - 1 } : stat
      },
    }
    await assertNothingKept(await attempt({ storage: short }), 'STORAGE_FAILED')
  })

  it('when its artifact is gone or replaced before the commit (STORAGE_FAILED)', async () => {
    for (const change of [
      (storage: Storage, key: string) => storage.delete(key, onlooker),
      (storage: Storage, key: string) => replace(storage, key, 'other'),
    ]) {
      const storage = memoryStorage()
      const beforeCommit = async (): Promise<void> => {
        await change(storage, (await keysIn(storage)).find((key) => key.endsWith('.gz')) ?? '')
      }
      await assertNothingKept(await attempt({ storage, request: { beforeCommit } }), 'STORAGE_FAILED')
    }
  })

  it('in every place when the key could not be shown', async () => {
    const second = memoryStorage('second')
    const storage = memoryStorage()
    const beforeCommit = (): Promise<void> => Promise.reject(new DbvaultError('OBJECT_EXISTS', 'a key is there'))
    const request = { beforeCommit, destinations: [{ storage }, { storage: second }] }
    await assertNothingKept(await attempt({ storage, request }), 'OBJECT_EXISTS')
    assert.deepEqual(await keysIn(second), [])
  })

  it('in every place when the manifest can be written in none', async () => {
    const second = refusing(memoryStorage('second'), (key) => key.endsWith('.json'))
    const storage = refusing(memoryStorage(), (key) => key.endsWith('.json'))
    const request = { destinations: [{ storage }, { storage: second }] }
    await assertNothingKept(await attempt({ storage, request }), 'STORAGE_DENIED')
    assert.deepEqual(await keysIn(second), [])
  })

  it('without telling a password that the engine quotes', async () => {
    const warnings: string[] = []
    const report = (event: OperationEvent): void => void (event.kind === 'warning' && warnings.push(event.message))
    const faults: Partial<Engine> = {
      probe: ({ password, url }, host) => {
        host.report({ kind: 'warning', message: `trying ${url?.reveal()}` })
        throw host.error('SOURCE_DENIED', `no login with ${password?.reveal()}`, {
          hints: [`not ${password?.reveal()}`],
        })
      },
    }
    const source = { database: 'shop', flags: {}, password: secret('canary'), url: secret('text://u:canary@host/shop') }
    const { error } = await attempt({ faults, report, request: { source } })
    assert.equal(error?.message, 'no login with [secret]')
    assert.deepEqual([error.hints, warnings], [['not [secret]'], ['trying [secret]']])
  })

  it('before the dump when a place cannot be written to (STORAGE_DENIED)', async () => {
    const storage = memoryStorage()
    const closed: Storage = { ...storage, probe: async () => ({ writable: false, notes: ['It is read-only.'] }) }
    const result = await attempt({ storage: closed, faults: { dump: () => assert.fail('dumped') } })
    await assertNothingKept(result, 'STORAGE_DENIED')
    assert.ok(result.error?.hints.includes('It is read-only.'))
  })

  it('without reading a row where the name that was chosen is taken (OBJECT_EXISTS)', async () => {
    for (const taken of ['shop.txt', 'shop.txt.json']) {
      const storage = memoryStorage()
      await put(storage, taken, 'theirs')
      let dumped = false
      const dump: Engine['dump'] = () => {
        dumped = true
        throw new Error('it was dumped')
      }
      const result = await attempt({
        storage,
        faults: { dump },
        request: { destinations: [{ storage, key: 'shop.txt' }] },
      })
      assert.deepEqual([result.error?.code, dumped], ['OBJECT_EXISTS', false])
      assert.deepEqual(await keysIn(storage), [taken])
    }
  })

  it('without touching what already has its name (OBJECT_EXISTS)', async () => {
    const storage = memoryStorage()
    await put(storage, 'name.txt', 'older')
    const result = await attempt({ storage, request: { destinations: [{ storage, key: 'name.txt' }] } })
    assert.equal(result.error?.code, 'OBJECT_EXISTS')
    assert.deepEqual(await keysIn(storage), ['name.txt'])
    assert.equal(await read(storage, 'name.txt'), 'older')
  })
})

describe('what a backup would lack', () => {
  const incomplete: Partial<Engine> = {
    probe: async (source, host) => ({
      ...(await textEngine(new Map([['shop', CONTENT]])).probe(source, host)),
      findings: [
        { severity: 'incomplete', message: 'no right to read page 3', fixes: ['GRANT READ ON PAGE 3'] },
        { severity: 'warning', message: 'page 4 is old' },
      ],
    }),
  }

  it('is refused before the dump, with what mends it (DUMP_INCOMPLETE)', async () => {
    const result = await attempt({ faults: { ...incomplete, dump: () => assert.fail('dumped') } })
    await assertNothingKept(result, 'DUMP_INCOMPLETE')
    assert.match(result.error?.message ?? '', /no right to read page 3/)
    assert.equal(result.error?.hints[0], 'GRANT READ ON PAGE 3')
  })

  it('is recorded when it is allowed', async () => {
    const result = await attempt({ faults: incomplete, request: { allowIncomplete: true } })
    assert.equal(result.status, 'proven')
    const manifest = await manifestIn(result.storage)
    assert.deepEqual(manifest.incomplete, ['no right to read page 3'])
    assert.deepEqual(manifest.warnings.toSorted(), ['no right to read page 3', 'page 4 is old'])
  })
})

describe('the level of proof', () => {
  it('is refused before the dump when it cannot be had (PROOF_UNAVAILABLE)', async () => {
    const faults: Partial<Engine> = {
      probe: async (source, host) => ({
        ...(await textEngine(new Map([['shop', CONTENT]])).probe(source, host)),
        scratch: { possible: false, why: 'there is no scratch paper', hints: ['Buy some.'] },
      }),
    }
    const result = await attempt({ faults: { ...faults, dump: () => assert.fail('dumped') } })
    await assertNothingKept(result, 'PROOF_UNAVAILABLE')
    assert.match(result.error?.hints.join() ?? '', /Buy some.*--prove check/)
    assert.equal((await attempt({ faults, request: { prove: 'check' } })).status, 'checked')
  })

  it('that could not be finished keeps the backup as unproven, and says why', async () => {
    const unfinished = new DbvaultError('PROOF_UNFINISHED', 'the scratch is full')
    const result = await attempt({ faults: { prove: () => Promise.reject(unfinished) } })
    assert.equal(result.status, 'unproven')
    assert.equal(result.error, unfinished)
    const { status, proof } = await manifestIn(result.storage)
    assert.deepEqual([status, proof.outcome], ['unproven', 'unfinished'])
  })

  it('is unproven, and fails, when the engine restored but did not compare', async () => {
    const result = await attempt({
      faults: { prove: async () => ({ outcome: 'restorable', compared: { characters: 1 } }) },
    })
    assert.deepEqual([result.status, result.error?.code], ['unproven', 'PROOF_UNFINISHED'])
  })

  it('none asks the engine for no fingerprint and leaves the backup unproven', async () => {
    const faults: Partial<Engine> = {
      dump: ({ fingerprint }) => {
        assert.equal(fingerprint, false)
        return dumpOf([member('main', [CONTENT])], () => assert.fail('asked'))
      },
      prove: () => assert.fail('proved'),
    }
    const result = await attempt({ faults, request: { prove: 'none' } })
    assert.deepEqual([result.status, result.proof?.outcome, result.error], ['unproven', 'not asked', undefined])
  })
})

describe('further places of a backup', () => {
  it('get the bytes that were proven, with a manifest each', async () => {
    const second = memoryStorage('second')
    const storage = memoryStorage()
    const result = await attempt({
      request: { destinations: [{ storage }, { storage: second, prefix: 'nightly/' }] },
      storage,
    })
    assert.equal(result.error, undefined)
    const [artifact, manifest] = await keysIn(storage)
    assert.deepEqual(await keysIn(second), [`nightly/${artifact}`, `nightly/${manifest}`])
    assert.equal(await read(second, `nightly/${manifest}`), await read(storage, manifest ?? ''))
    assert.deepEqual(
      result.locations.map(({ status }) => status),
      ['stored', 'stored'],
    )
  })

  for (const [what, refused] of [
    ['the artifact', /\.gz$/],
    ['the manifest', /\.json$/],
    ['even a marker', /\.pending-1$/],
  ] as const) {
    it(`that refuse ${what} make the run fail, and the proven backup stays`, async () => {
      const second = refusing(memoryStorage('second'), (key) => refused.test(key))
      const storage = memoryStorage()
      const result = await attempt({ storage, request: { destinations: [{ storage }, { storage: second }] } })
      assert.equal(result.status, 'proven')
      assert.equal(result.error?.code, 'SEVERAL_FAILED')
      assert.match(result.error.message, /stored in 1 of 2 places; not in memory:\/\/second\/.*: refused/)
      assert.deepEqual(
        result.locations.map(({ status }) => status),
        ['stored', 'failed'],
      )
      assert.equal((await keysIn(storage)).length, 2)
      assert.deepEqual(await keysIn(second), [])
    })
  }

  it('name the failed proof and the failed place alike when both failed', async () => {
    const storage = memoryStorage()
    const second = refusing(memoryStorage('second'), () => true)
    const unfinished = new DbvaultError('PROOF_UNFINISHED', 'the scratch is full')
    const result = await attempt({
      storage,
      faults: { prove: () => Promise.reject(unfinished) },
      request: { destinations: [{ storage }, { storage: second }] },
    })
    assert.equal(result.status, 'unproven')
    assert.match(result.error?.message ?? '', /refused.*the scratch is full/)
  })
})

describe('a passing failure', () => {
  it('of the dump is tried again, and nothing of the first attempt stays', async () => {
    const events: OperationEvent[] = []
    let dumps = 0
    const faults: Partial<Engine> = {
      dump: () =>
        ++dumps === 1
          ? dumpOf([member('main', ['half', passing()])])
          : dumpOf([member('main', [CONTENT])], async () => fingerprintOf(CONTENT)),
    }
    const result = await attempt({ faults, report: (event) => events.push(event) })
    assert.equal(result.status, 'proven')
    assert.equal(dumps, 2)
    assert.equal((await keysIn(result.storage)).length, 2)
    const [retry] = events.filter(({ kind }) => kind === 'retry')
    assert.ok(retry?.kind === 'retry')
    assert.deepEqual([retry.step, retry.attempt, retry.attempts, retry.reason], ['the dump', 1, 3, 'the line is busy'])
  })

  it('that does not pass fails after the last attempt, and nothing is kept', async () => {
    let dumps = 0
    const faults: Partial<Engine> = {
      dump: () => {
        dumps += 1
        return dumpOf([member('main', ['half', passing()])])
      },
    }
    await assertNothingKept(await attempt({ faults }), 'SOURCE_UNREACHABLE')
    assert.equal(dumps, QUICK.attempts)
  })
})

describe('an interrupted backup', () => {
  for (const phase of ['looking', 'dumping', 'proving', 'uploading']) {
    it(`leaves nothing when it was ${phase}`, async () => {
      const controller = new AbortController()
      const storage = { ...memoryStorage(), name: 'local' }
      const second = memoryStorage('second')
      const result = await attempt({
        storage,
        signal: controller.signal,
        request: { destinations: [{ storage }, { storage: second }] },
        report: (event) => {
          if (event.kind === 'phase' && event.phase === phase)
            controller.abort(new DbvaultError('TERMINATED', 'terminated'))
        },
      })
      await assertNothingKept(result, 'TERMINATED')
      assert.deepEqual(await keysIn(second), [])
    })
  }

  for (const [when, put, kept] of [
    ['has just been stored leaves nothing', /\.gz$/, 0],
    ['has just been committed is a backup', /\.json$/, 2],
  ] as const) {
    it(`whose ${kept === 0 ? 'artifact' : 'manifest'} ${when}`, async () => {
      const controller = new AbortController()
      const storage = memoryStorage()
      const interrupting: Storage = {
        ...storage,
        put: async (key, body, host) => {
          const stat = await storage.put(key, body, host)
          if (put.test(key)) controller.abort(new DbvaultError('INTERRUPTED', 'interrupted'))
          return stat
        },
      }
      const result = await attempt({ storage: interrupting, signal: controller.signal })
      assert.equal(result.status, kept === 0 ? 'failed' : 'proven')
      assert.equal((await keysIn(storage)).length, kept)
    })
  }

  it('leaves nothing when that comes with the last word before the commit', async () => {
    const controller = new AbortController()
    const beforeCommit = async (): Promise<void> => controller.abort(new DbvaultError('INTERRUPTED', 'interrupted'))
    await assertNothingKept(await attempt({ signal: controller.signal, request: { beforeCommit } }), 'INTERRUPTED')
  })
})

function refusing(storage: Storage, refuses: (key: string) => boolean): Storage {
  return {
    ...storage,
    put: (key, body, host) => {
      if (!refuses(key)) return storage.put(key, body, host)
      body.on('error', () => {}).destroy()
      return Promise.reject(new DbvaultError('STORAGE_DENIED', 'refused'))
    },
  }
}
