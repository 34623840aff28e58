import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { createHost } from '../../src/host/create-host.ts'
import { localStorage } from '../../src/storage/local.ts'
import { publishWithoutLinks } from '../../src/storage/publish.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const body = (content: string | Buffer): Readable => Readable.from([Buffer.from(content)], { objectMode: false })

describe('local storage, with a directory that is hostile', () => {
  const host = createHost({ signal: new AbortController().signal })
  let root: string
  let outside: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'local-hostile-'))
    outside = mkdtempSync(join(tmpdir(), 'local-outside-'))
  })
  afterEach(async () => {
    await rm(root, { recursive: true })
    await rm(outside, { recursive: true })
  })

  it('makes the directory, with what is missing above it, for this user only', async () => {
    const storage = localStorage(join(root, 'new/place'))
    assert.deepEqual((await storage.probe(host)).writable, true)
    assert.deepEqual(readdirSync(root), [])
    await storage.put('folder/key', body('x'), host)
    for (const path of ['new', 'new/place', 'new/place/folder']) {
      assert.equal((await stat(join(root, path))).mode & 0o777, 0o700)
    }
    assert.equal((await stat(join(root, 'new/place/folder/key'))).mode & 0o777, 0o600)
  })

  it('does not take a directory that is missing, or a file, for an empty storage', async () => {
    await writeFile(join(root, 'file'), '')
    for (const place of ['missing', 'file', 'file/below']) {
      const storage = localStorage(join(root, place))
      const failed = { code: 'STORAGE_FAILED', message: new RegExp(join(root, place)) }
      await assert.rejects(Array.fromAsync(storage.list('', host)), failed)
      await assert.rejects(Array.fromAsync(storage.unfinished('', host)), failed)
      await assert.rejects(storage.stat('key', host), failed)
      await assert.rejects(storage.get('key', host), failed)
      await assert.rejects(storage.delete('key', host), failed)
      if (place !== 'missing') await assert.rejects(storage.probe(host), { code: 'STORAGE_FAILED' })
    }
    await assert.rejects(localStorage(join(root, 'file')).put('key', body('x'), host), { code: 'STORAGE_FAILED' })
  })

  it('gives addresses that lead back to the file', async () => {
    const odd = join(root, 'per%cent ünï?#')
    const storage = localStorage(odd)
    await storage.put('folder/a b%20#?.gz', body('found'), host)
    assert.equal(await readFile(new URL(storage.address('folder/a b%20#?.gz')), 'utf8'), 'found')
    assert.equal(storage.label, new URL(storage.label).href)
  })

  it('works in a directory that is reached through a symbolic link', async () => {
    await symlink(outside, join(root, 'link'))
    const storage = localStorage(join(root, 'link'))
    await storage.put('folder/key', body('x'), host)
    assert.deepEqual(
      (await Array.fromAsync(storage.list('', host))).map(({ key }) => key),
      ['folder/key'],
    )
    assert.equal(await readFile(join(outside, 'folder/key'), 'utf8'), 'x')
  })

  it('follows no symbolic link to a file', async () => {
    const storage = localStorage(root)
    await writeFile(join(outside, 'precious'), 'precious')
    await symlink(join(outside, 'precious'), join(root, 'key'))
    await symlink(join(outside, 'not-there'), join(root, 'dangling'))
    for (const key of ['key', 'dangling']) {
      await assert.rejects(storage.put(key, body('x'), host), { code: 'OBJECT_EXISTS' })
      await assert.rejects(storage.get(key, host), { code: 'STORAGE_FAILED', message: /symbolic link/ })
      await assert.rejects(storage.stat(key, host), { code: 'STORAGE_FAILED' })
      await assert.rejects(storage.delete(key, host), { code: 'STORAGE_FAILED' })
    }
    assert.deepEqual(await Array.fromAsync(storage.list('', host)), [])
    assert.deepEqual(await readdir(outside), ['precious'])
    assert.equal(await readFile(join(outside, 'precious'), 'utf8'), 'precious')
  })

  it('follows no symbolic link to a directory', async () => {
    const storage = localStorage(root)
    await writeFile(join(outside, 'precious'), 'precious')
    await symlink(outside, join(root, 'folder'))
    const refused = { code: 'STORAGE_FAILED', message: /symbolic link/ }
    await assert.rejects(storage.put('folder/key', body('x'), host), refused)
    await assert.rejects(storage.put('folder/deeper/key', body('x'), host), refused)
    await assert.rejects(storage.get('folder/precious', host), refused)
    await assert.rejects(storage.delete('folder/precious', host), refused)
    await assert.rejects(Array.fromAsync(storage.list('folder/', host)), refused)
    assert.deepEqual(await Array.fromAsync(storage.list('', host)), [])
    assert.deepEqual(await readdir(outside), ['precious'])
  })

  it('reads no pipe, and does not wait for one', async () => {
    execFileSync('mkfifo', [join(root, 'key')])
    await assert.rejects(localStorage(root).get('key', host), { code: 'STORAGE_FAILED', message: /not a plain file/ })
    assert.deepEqual(await Array.fromAsync(localStorage(root).list('', host)), [])
  })

  it('fails a stream whose file is cut while it is read', async () => {
    const storage = localStorage(root)
    await storage.put('key', body(Buffer.alloc(4_000_000)), host)
    const stream = await storage.get('key', host)
    await once(stream, 'readable')
    await truncate(join(root, 'key'), 2_000_000)
    await assert.rejects(buffer(stream), { code: 'STORAGE_FAILED', message: /cut while it was read/ })
  })

  it('refuses a name of its own unfinished files', async () => {
    const key = '.key.0123456789abcdef.partial'
    await assert.rejects(localStorage(root).put(key, body('x'), host), { code: 'USAGE' })
    await assert.rejects(localStorage(root).abortUnfinished({ key: 'k', id: 'k', startedAt: new Date() }, host), {
      code: 'USAGE',
    })
  })

  it('removes no file outside for an unfinished upload that was made up', async () => {
    await writeFile(join(outside, '.key.0123456789abcdef.partial'), 'precious')
    for (const folder of [`../${outside.split('/').at(-1)}`, outside]) {
      const made = { key: 'key', id: `${folder}/.key.0123456789abcdef.partial`, startedAt: new Date() }
      await assert.rejects(localStorage(root).abortUnfinished(made, host), { code: 'USAGE' })
    }
    assert.equal((await readdir(outside)).length, 1)
  })

  it('leaves no object when this process is killed while it writes, and names what it left', async () => {
    const from = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
    const script = `
      import { Readable } from 'node:stream'
      import { createHost } from ${from('host/create-host.ts')}
      import { localStorage } from ${from('storage/local.ts')}
      async function* slow() {
        yield Buffer.alloc(2_000_000)
        yield Buffer.alloc(1)
        console.log('half')
        await new Promise(() => setInterval(() => {}, 1000))
      }
      const host = createHost({ signal: new AbortController().signal })
      await localStorage(${JSON.stringify(root)}).put('folder/key', Readable.from(slow(), { objectMode: false }), host)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const storage = localStorage(root)
    assert.equal(await storage.stat('folder/key', host), undefined)
    assert.deepEqual(await Array.fromAsync(storage.list('', host)), [])
    const [left, ...more] = await Array.fromAsync(storage.unfinished('', host))
    assert.ok(left !== undefined && more.length === 0)
    assert.deepEqual([left.key, left.bytes], ['folder/key', 2_000_000])
    await storage.abortUnfinished(left, host)
    assert.deepEqual(await readdir(join(root, 'folder')), [])
  })

  describe('that has no hard links', () => {
    it('gives the file its name, but not one that is taken', async () => {
      const target = join(root, 'key')
      for (const content of ['one', 'two']) await writeFile(join(root, content), content)
      await publishWithoutLinks(join(root, 'one'), target)
      await assert.rejects(publishWithoutLinks(join(root, 'two'), target), { code: 'OBJECT_EXISTS' })
      assert.equal(await readFile(target, 'utf8'), 'one')
      assert.deepEqual(await readdir(root), ['key', 'two'])
    })

    it('lets one of several at once win', async () => {
      const names = Array.from({ length: 20 }, (_, number) => `rival-${number}`)
      for (const name of names) await writeFile(join(root, name), name)
      const outcomes = await Promise.allSettled(
        names.map((name) => publishWithoutLinks(join(root, name), join(root, 'key'))),
      )
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal(await readFile(join(root, 'key'), 'utf8'), names[winner])
    })

    it('names the claim of a killed run as unfinished, and removes it', async () => {
      await mkdir(join(root, '.key.0000000000000000.partial'))
      await writeFile(join(root, 'mine'), 'x')
      await assert.rejects(publishWithoutLinks(join(root, 'mine'), join(root, 'key')), { code: 'OBJECT_EXISTS' })
      const storage = localStorage(root)
      for (const upload of await Array.fromAsync(storage.unfinished('', host)))
        await storage.abortUnfinished(upload, host)
      await publishWithoutLinks(join(root, 'mine'), join(root, 'key'))
      assert.equal(await text(await storage.get('key', host)), 'x')
    })
  })

  describe('that is full or closed', () => {
    const asRoot = (name: string, run: () => Promise<void>): void => {
      if (isRoot) it(name, run)
      else it(`${name} (cannot be asked: mounting takes root)`)
    }
    /** Root may do everything, so for a while this process is somebody else. */
    const asNobody = async (run: () => Promise<void>): Promise<void> => {
      if (!isRoot) return run()
      await chown(root, NOBODY, NOBODY)
      process.seteuid?.(NOBODY)
      try {
        await run()
      } finally {
        process.seteuid?.(0)
      }
    }
    const mount = (...options: string[]): void => void execFileSync('mount', ['-t', 'tmpfs', ...options, 'none', root])
    const unmount = (): void => void execFileSync('umount', [root])

    asRoot('throws STORAGE_FULL, and leaves nothing, when there is no space', async () => {
      mount('-o', 'size=8m')
      try {
        const storage = localStorage(root)
        await storage.put('kept', body('kept'), host)
        await assert.rejects(storage.put('folder/key', body(Buffer.alloc(9_000_000)), host), {
          code: 'STORAGE_FULL',
          message: /Cannot write .*: no space is left there/,
        })
        assert.deepEqual(
          (await Array.fromAsync(storage.list('', host))).map(({ key }) => key),
          ['kept'],
        )
        assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
        await storage.put('folder/key', body(Buffer.alloc(7_000_000)), host)
      } finally {
        unmount()
      }
    })

    asRoot('throws STORAGE_DENIED, and can be read, when it is read-only', async () => {
      mount()
      try {
        const storage = localStorage(root)
        await storage.put('key', body('x'), host)
        execFileSync('mount', ['-o', 'remount,ro', root])
        assert.equal((await storage.probe(host)).writable, false)
        await assert.rejects(storage.put('other', body('x'), host), { code: 'STORAGE_DENIED', message: /read-only/ })
        await assert.rejects(storage.put('new/other', body('x'), host), { code: 'STORAGE_DENIED' })
        await assert.rejects(storage.delete('key', host), { code: 'STORAGE_DENIED' })
        assert.equal(await text(await storage.get('key', host)), 'x')
      } finally {
        unmount()
      }
    })

    it('throws STORAGE_DENIED for a directory without rights, and never lists it as empty', () =>
      asNobody(async () => {
        const storage = localStorage(root)
        const denied = { code: 'STORAGE_DENIED', message: /folder.*: this user may not/ }
        await storage.put('folder/key', body('x'), host)
        await mkdir(join(root, 'lost+found'), { mode: 0 })
        assert.equal((await Array.fromAsync(storage.list('', host))).length, 1)
        await chmod(join(root, 'folder'), 0)
        await assert.rejects(Array.fromAsync(storage.list('', host)), denied)
        await assert.rejects(Array.fromAsync(storage.unfinished('', host)), denied)
        await assert.rejects(storage.put('folder/other', body('x'), host), denied)
        await assert.rejects(storage.stat('folder/key', host), denied)
        await assert.rejects(localStorage(join(root, 'folder/below')).probe(host), denied)
        await chmod(join(root, 'folder'), 0o700)
      }))

    it('throws STORAGE_FAILED when the name is too long', async () => {
      const failed = { code: 'STORAGE_FAILED', message: /name is too long/ }
      await assert.rejects(localStorage(root).put('x'.repeat(250), body('x'), host), failed)
      assert.deepEqual(await readdir(root), [])
    })
  })
})
