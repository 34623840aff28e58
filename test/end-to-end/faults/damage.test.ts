import assert from 'node:assert/strict'
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import sqlite from '../../../plugins/engine-sqlite/src/index.ts'
import {
  contextOf,
  decrypt,
  findAtKey,
  localStorage,
  openBare,
  openWithManifest,
  restore,
  verify,
} from '../../../src/index.ts'
import type { OperationContext, Unlock } from '../../../src/index.ts'
import { hostFor } from '../../../src/operations/host-for.ts'
import { parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { parseIdentityFile } from '../../../src/pipeline/encrypt/age-keys.ts'
import { rowsIn, Vault } from '../../support/vault.ts'

const ROWS = 300

interface Kind {
  readonly name: string
  readonly flags: readonly string[]
  /** How it is read on the command line. */
  readonly reading: readonly string[]
}

const KINDS: readonly Kind[] = [
  { name: 'gzip and Fernet', flags: ['--key-file', 'vault.key'], reading: ['--key-file', 'vault.key'] },
  { name: 'gzip and age', flags: ['-r', 'RECIPIENT'], reading: ['-i', 'age.txt'] },
  {
    name: 'zstd and Fernet',
    flags: ['--compression', 'zstd', '--key-file', 'vault.key'],
    reading: ['--key-file', 'vault.key'],
  },
  { name: 'gzip alone', flags: [], reading: [] },
  { name: 'zstd alone', flags: ['--compression', 'zstd'], reading: [] },
]

/** What may be said of a damaged artifact; whichever it is, it is not a good backup. */
const VERDICTS: readonly unknown[] = ['ARTIFACT_CORRUPT', 'ARTIFACT_FOREIGN', 'KEY_WRONG', 'PROOF_FAILED', 'USAGE']

for (const { name, flags, reading } of KINDS) {
  describe(`a damaged artifact (${name})`, function () {
    this.timeout(180_000)
    let vault: Vault
    let artifact = ''
    let whole: Buffer
    let unlock: Unlock
    let context: OperationContext
    const encrypted = reading.length > 0

    before(async () => {
      vault = await Vault.create(ROWS)
      await vault.run(['keygen', '-s', 'vault.key'])
      const { recipient } = await vault.json(['keygen', '--age', '-s', 'age.txt'])
      ;({ artifact } = await vault.backUp(...flags.map((flag) => flag.replace('RECIPIENT', String(recipient)))))
      whole = await readFile(artifact)
      unlock = {
        key: parseFernetKey((await readFile(vault.path('vault.key'), 'utf8')).trim()),
        identities: parseIdentityFile(await readFile(vault.path('age.txt'), 'utf8')),
      }
      context = contextOf({ retry: { attempts: 1, minWaitMs: 1, maxWaitMs: 1 } })
    })
    after(() => vault[Symbol.asyncDispose]())

    async function lay(bytes: Uint8Array): Promise<void> {
      await rm(artifact)
      await writeFile(artifact, bytes)
    }

    const storage = (): ReturnType<typeof localStorage> => localStorage(vault.path('backups', 'sqlite'))
    const key = (): string => artifact.slice(artifact.lastIndexOf('/') + 1)

    /** By its manifest it fails both ways, and leaves no target. */
    async function assertRefused(what: string): Promise<void> {
      const host = hostFor(context, 'test')
      const found = await findAtKey(storage(), key(), host)
      const { manifest, manifestText = '' } = found
      assert.ok(manifest)
      const backup = await openWithManifest({ ...found, manifest, manifestText }, unlock, host)
      const result = await verify(
        { engine: sqlite, found, backup, scratch: { mode: 'auto', flags: {} } as never },
        context,
      )
      assert.equal(result.status, 'failed', what)
      assert.ok(VERDICTS.includes(result.error?.code), `${what}: ${result.error?.code} ${result.error?.message}`)
      if (result.record !== undefined) await rm(new URL(result.record))
      const target = { database: vault.path('never.db'), flags: {}, replace: false } as never
      await assert.rejects(restore({ engine: sqlite, backup, target, dryRun: false }, context), verdict, what)
      await assert.rejects(stat(vault.path('never.db')), { code: 'ENOENT' }, what)
    }

    /** By its bytes alone it fails, or where nothing vouches for the byte that changed, gives all rows. */
    async function assertHarmless(what: string, mayBeWhole: boolean): Promise<'refused' | 'whole'> {
      const host = hostFor(context, 'test')
      const target = { database: vault.path('bare.db'), flags: {}, replace: false } as never
      try {
        const backup = await openBare({ storage: storage(), key: key() }, unlock, sqlite.descriptor.formats, host)
        await restore({ engine: sqlite, backup, target, dryRun: false }, context)
      } catch (error) {
        assert.ok(verdict(error as object), `${what}: ${String(error)}`)
        await assert.rejects(stat(vault.path('bare.db')), { code: 'ENOENT' }, what)
        return 'refused'
      }
      assert.ok(mayBeWhole, `${what} was restored`)
      assert.equal(rowsIn(vault.path('bare.db')), ROWS, what)
      await rm(vault.path('bare.db'))
      return 'whole'
    }

    async function assertNotDecrypted(what: string): Promise<void> {
      const request = {
        name: 'it',
        open: () => storage().get(key(), hostFor(context, 'test')),
        unlock,
        decompress: false,
        sink: () => assert.fail('a byte was released'),
      }
      await assert.rejects(decrypt(request, context), verdict, what)
    }

    it('fails verify, restore and decrypt wherever it is cut: at every 1 % and before the last byte', async () => {
      const cuts = [
        ...Array.from({ length: 100 }, (_, percent) => Math.floor((whole.length * percent) / 100)),
        whole.length - 1,
      ]
      for (const cut of cuts) {
        await lay(whole.subarray(0, cut))
        await assertRefused(`cut at ${cut} of ${whole.length}`)
        await assertHarmless(`cut at ${cut} of ${whole.length}`, false)
        if (encrypted) await assertNotDecrypted(`cut at ${cut} of ${whole.length}`)
      }
      assert.equal(cuts.length, 101)
    })

    it('fails verify, restore and decrypt when any one bit of it is the other one: in header, body and tail', async () => {
      const edge = Array.from({ length: 24 }, (_, index) => index)
      const body = Array.from({ length: 24 }, (_, index) => Math.floor((whole.length * (index + 1)) / 25))
      const places = [...edge, ...body, ...edge.map((index) => whole.length - 1 - index)]
      for (const place of places) {
        const bit = place % 8
        const what = `bit ${bit} of byte ${place} of ${whole.length}`
        const flipped = Buffer.from(whole)
        flipped.writeUInt8(flipped.readUInt8(place) ^ (1 << bit), place)
        await lay(flipped)
        await assertRefused(what)
        await assertHarmless(what, !encrypted)
        if (encrypted) await assertNotDecrypted(what)
      }
      assert.equal(places.length, 72)
    })

    it('fails verify, restore and decrypt when something was put behind it', async () => {
      for (const more of [Buffer.alloc(1), Buffer.from('A'), whole.subarray(0, 100), whole]) {
        await lay(Buffer.concat([whole, more]))
        await assertRefused(`${more.length} bytes more`)
        if (encrypted) await assertNotDecrypted(`${more.length} bytes more`)
      }
    })

    it('exits with 7 or 5 on the command line and leaves no file, cut or flipped in header, body and tail', async () => {
      const before = await readdir(vault.path())
      const damages = [
        whole.subarray(0, 0),
        whole.subarray(0, whole.length >> 1),
        whole.subarray(0, -1),
        ...[3, whole.length >> 1, whole.length - 3].map((place) => {
          const flipped = Buffer.from(whole)
          flipped.writeUInt8(flipped.readUInt8(place) ^ 1, place)
          return flipped
        }),
      ]
      for (const [number, damage] of damages.entries()) {
        await lay(damage)
        const runs = [
          ['verify', artifact, ...reading],
          ['restore', artifact, '-D', 'never.db', ...reading],
          ...(encrypted ? [['decrypt', '-f', artifact, '-o', 'never.gz', ...reading]] : []),
        ]
        for (const argv of runs) {
          const { exit, error } = await vault.json(argv)
          assert.ok(exit === 7 || exit === 5, `${argv[0]} of damage ${number}: ${exit} ${error?.message}`)
        }
      }
      assert.deepEqual(await readdir(vault.path()), before)
    })

    it('is none of these when it is laid back as it was', async () => {
      await lay(whole)
      const { exit } = await vault.json(['restore', artifact, '-D', 'again.db', ...reading])
      assert.equal(exit, 0)
      assert.equal(rowsIn(vault.path('again.db')), ROWS)
      await copyFile(artifact, vault.path('copy'))
      await rename(vault.path('copy'), artifact)
      assert.equal((await vault.json(['verify', artifact, ...reading])).exit, 0)
    })
  })
}

function verdict(error: object): boolean {
  return 'code' in error && VERDICTS.includes(error.code)
}
