import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, chown, link, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { closeSync, openSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { canMount, SmallDisk } from '../../support/small-disk.ts'
import { makeDatabase, rowsIn, Vault } from '../../support/vault.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))
const SHOP = ['backup', '--db', 'sqlite', '-D', 'shop.db']

describe('a disk that is full', function () {
  this.timeout(120_000)
  let vault: Vault
  before(async function () {
    if (!canMount) this.skip()
    vault = await Vault.create(20_000) // About 2.5 MB, also compressed.
  })
  after(() => vault?.[Symbol.asyncDispose]())

  /** Names of all files on the disk. */
  async function filesOn({ path }: SmallDisk): Promise<string[]> {
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  }

  it('while the dump is stored is STORAGE_FULL, exit code 6, and leaves nothing', async () => {
    for (const size of ['64k', '512k', '1536k']) {
      using disk = new SmallDisk(size)
      for (const encryption of [[], ['-e']]) {
        const { exit, error, backups } = await vault.json([...SHOP, '-o', disk.path, ...encryption])
        assert.deepEqual([exit, error?.code, backups[0]?.status], [6, 'STORAGE_FULL', 'failed'])
        assert.deepEqual(await filesOn(disk), [])
      }
    }
  })

  it('while the manifest is written is STORAGE_FULL too, and takes the artifact back', async () => {
    const whole = await vault.json([...SHOP, '-o', 'whole', '--prove', 'none'])
    const { bytes } = (whole.backups[0] as unknown as { artifact: { bytes: number } }).artifact
    using disk = new SmallDisk('16m')
    const pages = (amount: number): number => Math.ceil(amount / 4096) * 4096
    const room = async (free: number): Promise<void> => {
      await rm(`${disk.path}/filler`, { force: true })
      await writeFile(`${disk.path}/filler`, Buffer.alloc(16 * 1024 * 1024 - free))
    }
    let full = 0
    for (let extra = 0; extra <= 24_576; extra += 4096) {
      await room(pages(bytes) + extra)
      const { exit, error } = await vault.json([...SHOP, '-o', `${disk.path}/out`, '--prove', 'none'])
      const files = (await filesOn(disk)).filter((name) => name !== 'filler')
      if (exit === 0) {
        assert.equal(files.length, 2)
        await rm(`${disk.path}/out`, { recursive: true })
        continue
      }
      full += 1
      assert.deepEqual([exit, error?.code], [6, 'STORAGE_FULL'])
      assert.deepEqual(files, [])
    }
    assert.ok(full > 0)
  })

  it('for the temporary copy of the dump is STORAGE_FULL too, exit code 6, and leaves no temporary file', async () => {
    using disk = new SmallDisk('1m')
    const { exit, error, backups } = await vault.json([...SHOP, '-o', 'out', '--temp-dir', disk.path])
    assert.deepEqual([exit, error?.code, backups[0]?.status], [6, 'STORAGE_FULL', 'failed'])
    assert.deepEqual(await filesOn(disk), [])
    assert.deepEqual(await vault.files('out'), [])
  })

  it('for verify says nothing about the backup, and nothing is written down', async () => {
    await vault.json([...SHOP, '-o', 'verified'])
    using disk = new SmallDisk('1m')
    const { exit, error } = await vault.json(['verify', '--all', '-o', 'verified', '--temp-dir', disk.path])
    assert.deepEqual([exit, error?.code], [5, 'PROOF_UNFINISHED'])
    assert.equal((await vault.files('verified')).length, 2)
    assert.deepEqual(await filesOn(disk), [])
  })

  it('for a restore, a decryption and a copy leaves no half file', async () => {
    const { artifact, key } = await vault.backUp('-e')
    const unlock = { DBVAULT_KEY: key }
    using disk = new SmallDisk('1m')
    const restored = await vault.json(['restore', artifact, '-D', `${disk.path}/shop.db`], unlock)
    assert.ok(restored.exit === 6 || restored.exit === 4, `${restored.exit} ${restored.error?.message}`)
    assert.deepEqual(await filesOn(disk), [])
    const decrypted = await vault.json(['decrypt', '-f', artifact, '-o', `${disk.path}/shop.gz`], unlock)
    assert.deepEqual([decrypted.exit, decrypted.error?.code], [6, 'STORAGE_FULL'])
    const copied = await vault.json(['copy', '--all', '--from', 'backups', '--to', disk.path])
    assert.deepEqual([copied.exit, copied.error?.code], [6, 'STORAGE_FULL'])
    assert.deepEqual(await filesOn(disk), [])
  })

  describe('for what it prints (/dev/full)', () => {
    async function endWith(argv: readonly string[], full: 'stdout' | 'stderr', environment = {}): Promise<unknown> {
      const sink = openSync('/dev/full', 'w')
      const child = spawn(process.execPath, [BIN, ...argv], {
        cwd: vault.path(),
        env: { ...process.env, ...environment },
        stdio: ['ignore', full === 'stdout' ? sink : 'ignore', full === 'stderr' ? sink : 'ignore'],
      })
      closeSync(sink)
      return once(child, 'close')
    }

    it('fails a decryption to stdout, and a listing, with exit code 6', async () => {
      const { artifact, key } = await vault.backUp('-e')
      const unlock = { DBVAULT_KEY: key }
      assert.deepEqual(await endWith(['decrypt', '-f', artifact, '-o', '-'], 'stdout', unlock), [6, null])
      assert.deepEqual(await endWith(['list', '-o', 'backups', '--json'], 'stdout'), [6, null])
    })

    it('keeps no backup whose new key could not be shown', async () => {
      assert.deepEqual(await endWith([...SHOP, '-o', 'keyless', '-e'], 'stderr'), [6, null])
      assert.deepEqual(await vault.files('keyless'), [])
    })

    it('is no reason to lose a backup that needs no key shown', async () => {
      assert.deepEqual(await endWith([...SHOP, '-o', 'silent'], 'stderr'), [0, null])
      assert.equal((await vault.files('silent')).length, 2)
    })
  })
})

describe('an odd directory', function () {
  this.timeout(60_000)
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
  })
  after(() => vault[Symbol.asyncDispose]())

  it('that may be read only is STORAGE_DENIED before the dump, exit code 6', async function () {
    if (!canMount) this.skip()
    using disk = new SmallDisk('1m')
    const { execFileSync } = await import('node:child_process')
    execFileSync('mount', ['-o', 'remount,ro', disk.path])
    const { exit, error } = await vault.json([...SHOP, '-o', disk.path])
    assert.deepEqual([exit, error?.code], [6, 'STORAGE_DENIED'])
  })

  it('without the right to write is STORAGE_DENIED for a user who is not root', async function () {
    if (process.getuid?.() !== 0) this.skip()
    await mkdir(vault.path('closed'))
    await chmod(vault.path('closed'), 0o555)
    const id = 65_534
    const copies = vault.path('nobody')
    await mkdir(copies)
    makeDatabase(`${copies}/shop.db`, 10)
    await chmod(vault.path(), 0o755)
    for (const path of [copies, `${copies}/shop.db`]) await chown(path, id, id)
    const child = spawn(process.execPath, [BIN, ...SHOP, '-o', vault.path('closed'), '--json'], {
      cwd: copies,
      uid: id,
      gid: id,
      env: { PATH: process.env['PATH'] ?? '', HOME: copies, XDG_CACHE_HOME: copies },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    const [exit] = (await once(child, 'close')) as [number]
    const { error } = JSON.parse(Buffer.concat(chunks).toString()) as { error?: { code: string } }
    assert.deepEqual([exit, error?.code], [6, 'STORAGE_DENIED'])
  })

  it('that is a symbolic link is written through: that is the user’s choice', async () => {
    await mkdir(vault.path('real'))
    await symlink('real', vault.path('linked'))
    assert.equal((await vault.json([...SHOP, '-o', 'linked'])).exit, 0)
    assert.equal((await vault.files('real')).length, 2)
    assert.equal((await vault.json(['verify', '--all', '-o', 'linked'])).exit, 0)
  })

  it('with a symbolic link for the engine’s folder is refused: it could lead out', async () => {
    await mkdir(vault.path('outer'))
    await mkdir(vault.path('inner'))
    await symlink('../outer', vault.path('inner/sqlite'))
    const { exit, error } = await vault.json([...SHOP, '-o', 'inner'])
    assert.deepEqual([exit, error?.code], [6, 'STORAGE_FAILED'])
    assert.deepEqual(await vault.files('outer'), [])
  })

  it('that is a file is refused with exit code 6, and the file stays', async () => {
    await writeFile(vault.path('file'), 'mine')
    const { exit } = await vault.json([...SHOP, '-o', 'file'])
    assert.equal(exit, 6)
    assert.equal(await readFile(vault.path('file'), 'utf8'), 'mine')
  })

  it('with links in place of artifacts, or other names of them, does not fool verify', async () => {
    const { artifact } = await vault.backUp()
    await rm(artifact)
    await writeFile(vault.path('elsewhere'), 'other bytes')
    await symlink(vault.path('elsewhere'), artifact)
    const linked = await vault.json(['verify', '--all', '-o', 'backups'])
    assert.equal(linked.exit, 6)
    await rm(artifact)
    await link(vault.path('elsewhere'), artifact)
    const replaced = await vault.json(['verify', '--all', '-o', 'backups'])
    assert.deepEqual([replaced.exit, replaced.error?.code], [7, 'ARTIFACT_CORRUPT'])
  })

  it('as target of a restore: a dangling link, a directory and a link to a file are not written through', async () => {
    const { artifact } = await vault.backUp()
    await writeFile(vault.path('precious'), 'mine')
    await mkdir(vault.path('folder'))
    await symlink('precious', vault.path('to-file.db'))
    await symlink('nowhere', vault.path('dangling.db'))
    for (const target of ['to-file.db', 'dangling.db', 'folder']) {
      const { exit } = await vault.json(['restore', artifact, '-D', target])
      assert.notEqual(exit, 0, target)
    }
    assert.equal(await readFile(vault.path('precious'), 'utf8'), 'mine')
    assert.deepEqual(await readdir(vault.path('folder')), [])
    assert.ok(!(await readdir(vault.path())).includes('nowhere'))
    assert.equal(rowsIn(vault.path('shop.db')), 200)
  })
})
