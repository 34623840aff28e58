import assert from 'node:assert/strict'
import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { canonicalMac } from '../../support/forgery.ts'
import { addRow, Vault } from '../../support/vault.ts'

const KEY = ['--key-file', 'vault.key']

interface Stored {
  readonly id: string
  readonly artifact: string
}

for (const encrypted of [true, false]) {
  const flags = encrypted ? KEY : []

  describe(`a manifest that is not as it was written (${encrypted ? 'encrypted' : 'not encrypted'})`, function () {
    this.timeout(60_000)
    let vault: Vault
    let one: Stored
    let two: Stored
    beforeEach(async () => {
      vault = await Vault.create()
      await vault.run(['keygen', '-s', 'vault.key'])
      one = await vault.backUp(...flags, '--prove', 'none')
      addRow(vault.path('shop.db'))
      two = await vault.backUp(...flags)
    })
    afterEach(() => vault[Symbol.asyncDispose]())

    async function edit({ artifact }: Stored, change: (text: string) => string): Promise<void> {
      const text = await readFile(`${artifact}.json`, 'utf8')
      const changed = change(text)
      assert.notEqual(changed, text)
      await writeFile(`${artifact}.json`, changed)
    }

    async function assertFound({ artifact, id }: Stored): Promise<void> {
      const list = await vault.json(['list', '-o', 'backups', ...flags])
      assert.equal((list['damaged'] as object[]).length, 1)
      assert.ok(!list.backups.some((backup) => backup.id === id))
      for (const argv of [
        ['verify', artifact],
        ['restore', artifact, '-D', 'never.db'],
        ['show', artifact],
      ]) {
        const { exit, error } = await vault.json([...argv, ...flags])
        assert.deepEqual([exit, error?.code], [7, 'MANIFEST_INVALID'], argv[0])
      }
      assert.ok(!(await vault.files('.')).includes('never.db'))
    }

    it('is found when "unproven" was made "proven" by hand', async () => {
      await edit(one, (text) => text.replace('"status": "unproven"', '"status": "proven"'))
      await assertFound(one)
      const blind = await vault.json(['list', '-o', 'backups'])
      const trust = blind.backups.find(({ id }) => id === one.id)?.trust
      assert.equal(trust, encrypted ? 'claimed' : undefined)
    })

    it('is found when a size, a digest, a time or a label in it was changed', async () => {
      for (const [from, to] of [
        [/"bytes": \d+/, '"bytes": 1'],
        [/"sha256": "."/, '"sha256": "0"'],
        [/"sha256": "[0-9a-f]{4}/, '"sha256": "0000'],
        [/"createdAt": "20/, '"createdAt": "21'],
        ['"warnings": []', '"warnings": ["x"]'],
        ['"warnings": []', '"warnings": [], "labels": {"a": "b"}'],
        ['"warnings": []', '"warnings": [], "incomplete": []'],
      ] as const) {
        const before = await readFile(`${two.artifact}.json`, 'utf8')
        if (before.replace(from, to) === before) continue
        await edit(two, (text) => text.replace(from, to))
        const { exit, error } = await vault.json(['verify', two.artifact, ...flags])
        assert.deepEqual([exit, error?.code], [7, 'MANIFEST_INVALID'], String(from))
        await writeFile(`${two.artifact}.json`, before)
      }
    })

    it('is found when it was cut', async () => {
      const { length } = await readFile(`${one.artifact}.json`)
      for (const bytes of [0, 1, length >> 1, length - 3]) {
        await truncate(`${one.artifact}.json`, bytes)
        await assertFound(one)
      }
    })

    it('is found when it was moved to another artifact, or two of them were swapped', async () => {
      await rename(`${one.artifact}.json`, vault.path('aside'))
      await rename(`${two.artifact}.json`, `${one.artifact}.json`)
      await assertFound(one)
      await rename(vault.path('aside'), `${two.artifact}.json`)
      const swapped = await vault.json(['verify', '--all', '-o', 'backups', ...flags])
      assert.deepEqual([swapped.exit, swapped.backups.length], [7, 2])
      assert.equal((await vault.json(['list', '-o', 'backups', ...flags])).backups.length, 0)
    })

    it('is of no use when its artifact is gone, or has the bytes of another backup', async () => {
      await rm(one.artifact)
      const gone = await vault.json(['restore', one.id, '-o', 'backups', '-D', 'never.db', ...flags])
      assert.deepEqual([gone.exit, gone.error?.code], [6, 'OBJECT_NOT_FOUND'])
      await writeFile(one.artifact, await readFile(two.artifact))
      for (const argv of [
        ['verify', one.artifact],
        ['restore', one.artifact, '-D', 'never.db'],
        ['copy', one.id, '--from', 'backups', '--to', 'far'],
      ]) {
        const reading = argv[0] === 'copy' ? [] : flags
        const { exit, error } = await vault.json([...argv, ...reading])
        assert.deepEqual([exit, error?.code], [7, 'ARTIFACT_CORRUPT'], argv[0])
      }
      assert.deepEqual(await vault.files('far'), [])
    })

    it(`with a fresh digest ${encrypted ? 'is still found by whoever has the key' : 'is taken for what it claims to be, which is open'}`, async () => {
      await edit(one, (text) => canonicalMac(text.replace('"status": "unproven"', '"status": "proven"')))
      const { backups, damaged } = await vault.json(['list', '-o', 'backups', ...flags])
      const listed = backups.find(({ id }) => id === one.id)
      if (encrypted) assert.deepEqual([listed, (damaged as object[]).length], [undefined, 1])
      else assert.deepEqual([listed?.trust, listed?.status], ['open', 'proven'])
    })

    it('leaves its artifact to be restored by its bytes alone, when that is asked for', async () => {
      await edit(one, (text) => text.replace('"status": "unproven"', '"status": "proven"'))
      const restored = await vault.json(['restore', one.artifact, '--ignore-manifest', '-D', 'again.db', ...flags])
      assert.equal(restored.exit, 0, restored.error?.message)
      assert.match(JSON.stringify(restored['restore']), /no manifest beside it/)
    })
  })
}
