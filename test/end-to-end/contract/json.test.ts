import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { User } from '../../cli/dbvault-process.ts'
import { type Document, Vault } from '../../support/vault.ts'

/** The names of all fields, however deep; of a list, those of its first item; a value is its type. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])]
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
}

function withoutExit({ exit: _exit, ...document }: Document & { exit: number }): object {
  return document
}

const ARTIFACT = { name: 'string', bytes: 'number', sha256: 'string', compression: 'string', encryption: 'string' }
const DUMP = { bytes: 'number', sha256: 'string' }
const BACKUP = {
  id: 'string',
  engine: 'string',
  database: 'string',
  status: 'string',
  artifact: ARTIFACT,
  dump: DUMP,
  members: [{ name: 'string', artifact: ARTIFACT, dump: DUMP }],
  locations: [{ storage: 'string', address: 'string', manifest: 'string', status: 'string' }],
  proof: { method: 'string', outcome: 'string', seconds: 'number', compared: { tables: 'number', rows: 'number' } },
  timings: { total: 'number', dump: 'number', prove: 'number', upload: 'number' },
  warnings: [],
}
const ERROR = { code: 'string', message: 'string', hints: ['string'], retryable: 'boolean' }

describe('--json has these fields and no others', () => {
  let vault: Vault
  let id = ''
  let artifact = ''
  before(async () => {
    vault = await Vault.create()
    await vault.run(['keygen', '-s', 'vault.key'])
    ;({ id, artifact } = await vault.backUp('--key-file', 'vault.key', '--label', 'why=test'))
  })
  after(() => vault[Symbol.asyncDispose]())

  const shapeOf = async (...argv: string[]): Promise<unknown> => shape(withoutExit(await vault.json(argv)))

  it('backup', async () => {
    const argv = ['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'other']
    assert.deepEqual(await shapeOf(...argv), { ok: 'boolean', backups: [BACKUP] })
    assert.deepEqual(await shapeOf(...argv, '-e'), { ok: 'boolean', backups: [BACKUP], key: 'string' })
    assert.deepEqual(await shapeOf(...argv, '-e', '--save-key', 'new.key'), { ok: 'boolean', backups: [BACKUP] })
  })

  it('backup that fails', async () => {
    const { artifact: _artifact, dump: _dump, proof: _proof, ...failed } = BACKUP
    assert.deepEqual(await shapeOf('backup', '--db', 'sqlite', '-D', 'none.db', '-o', 'other'), {
      ok: 'boolean',
      // Which plugin it comes from.
      error: { ...ERROR, hints: [], plugin: { package: 'string', version: 'string' } },
      backups: [{ ...failed, members: [], locations: [], error: { ...ERROR, hints: [] } }],
    })
  })

  it('a command line that is wrong', async () => {
    assert.deepEqual(await shapeOf('backup', '--db', 'sqlite'), { ok: 'boolean', error: ERROR })
  })

  it('verify', async () => {
    const { compared, outcome, seconds } = BACKUP.proof
    assert.deepEqual(await shapeOf('verify', id, '-o', 'backups', '--key-file', 'vault.key'), {
      ok: 'boolean',
      backups: [
        {
          id: 'string',
          address: 'string',
          unchecked: [],
          status: 'string',
          proof: { outcome, compared, seconds },
          record: 'string',
        },
      ],
    })
  })

  it('list', async () => {
    assert.deepEqual(await shapeOf('list', '-o', 'backups'), {
      ok: 'boolean',
      backups: [
        {
          id: 'string',
          engine: 'string',
          database: 'string',
          createdAt: 'string',
          status: 'string',
          trust: 'string',
          bytes: 'number',
          dumpBytes: 'number',
          encryption: 'string',
          compression: 'string',
          provenAt: 'string',
          incomplete: [],
          labels: { why: 'string' },
          address: 'string',
        },
      ],
      damaged: [],
      orphans: [],
    })
  })

  it('show', async () => {
    const document = await vault.json(['show', id, '-o', 'backups', '--key-file', 'vault.key'])
    const { manifest, sealed, ...rest } = withoutExit(document) as Record<string, object>
    assert.deepEqual(shape(rest), { ok: 'boolean', address: 'string', trust: 'string' })
    assert.deepEqual(Object.keys(sealed ?? {}).sort(), ['compared', 'dumps', 'fingerprint'])
    assert.deepEqual(Object.keys(manifest ?? {}).sort(), [
      'consistency',
      'createdAt',
      'database',
      'encryption',
      'engine',
      'format',
      'id',
      'labels',
      'mac',
      'members',
      'proof',
      'sealed',
      'sourceId',
      'status',
      'tool',
      'warnings',
    ])
  })

  it('copy', async () => {
    assert.deepEqual(await shapeOf('copy', id, '--from', 'backups', '--to', 'far'), {
      ok: 'boolean',
      backups: [{ id: 'string', bytes: 'number', from: 'string', to: 'string', copied: 'boolean' }],
    })
  })

  it('prune', async () => {
    await vault.json(['copy', '--all', '--from', 'backups', '--to', 'pruned'])
    await vault.json(['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'pruned'])
    const stray = vault.path('pruned', 'sqlite', 'shop-20261123T084201Z-aaaaaa.db.gz')
    await writeFile(stray, 'x')
    const item = { kind: 'string', address: 'string', bytes: 'number', since: 'string', why: 'string' }
    assert.deepEqual(await shapeOf('prune', '-o', 'pruned', '--keep-last', '1'), {
      ok: 'boolean',
      place: 'string',
      dryRun: 'boolean',
      remove: [{ ...item, id: 'string' }],
      spared: [item],
      interrupted: 'boolean',
      keep: [{ id: 'string', address: 'string', reasons: ['string'] }],
    })
  })

  it('doctor', async () => {
    const check = { area: 'string', subject: 'string', name: 'string', outcome: 'string', detail: 'string' }
    const plugin = {
      package: 'string',
      version: 'string',
      from: 'string',
      root: 'string',
      kind: 'string',
      selectedBy: 'string',
      summary: 'string',
      mayDo: ['string'],
      settings: ['string'],
      formats: [{ id: 'string', extension: 'string', magic: 'string' }],
      flags: [{ flag: 'string', type: 'string', summary: 'string', secret: 'boolean', variables: ['string'] }],
    }
    assert.deepEqual(await shapeOf('doctor', '-o', 'backups'), { ok: 'boolean', checks: [check], plugins: [plugin] })
  })

  it('restore', async () => {
    const restored = {
      backup: 'string',
      engine: 'string',
      before: { state: 'string', description: 'string' },
      unchecked: [],
      target: 'string',
      outcome: 'string',
      restored: { tables: 'number', rows: 'number' },
    }
    const argv = ['restore', id, '-o', 'backups', '--key-file', 'vault.key', '-D', 'again.db']
    assert.deepEqual(await shapeOf(...argv, '--dry-run'), { ok: 'boolean', restore: { ...restored, restored: {} } })
    assert.deepEqual(await shapeOf(...argv), { ok: 'boolean', restore: restored })
  })

  it('decrypt', async () => {
    assert.deepEqual(await shapeOf('decrypt', '-f', artifact, '--key-file', 'vault.key', '-o', 'shop.gz'), {
      ok: 'boolean',
      file: 'string',
      bytes: 'number',
    })
  })

  it('keygen', async () => {
    assert.deepEqual(await shapeOf('keygen'), { ok: 'boolean', key: 'string' })
    assert.deepEqual(await shapeOf('keygen', '-s', 'a.key'), { ok: 'boolean', saved: 'string' })
    assert.deepEqual(await shapeOf('keygen', '--age'), { ok: 'boolean', identity: 'string', recipient: 'string' })
    assert.deepEqual(await shapeOf('keygen', '--age', '-s', 'a.txt'), {
      ok: 'boolean',
      saved: 'string',
      recipient: 'string',
    })
  })
})

describe('what --json prints', () => {
  it('is one document, and nothing else, on stdout', async () => {
    await using user = await User.create()
    for (const argv of [['keygen'], ['exit-codes'], ['show', 'none', '-o', '.']]) {
      const { stdout } = await user.run([...argv, '--json'])
      assert.match(stdout, /^\{\n[^]*\n\}\n$/)
      assert.doesNotThrow(() => JSON.parse(stdout), argv[0])
    }
  })
})
