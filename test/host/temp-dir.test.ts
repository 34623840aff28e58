import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createHost } from '../../src/host/create-host.ts'
import { sweepTempDirs } from '../../src/host/sweep-temp-dirs.ts'

const SOURCE = new URL('../../src/host/create-host.ts', import.meta.url).href

describe('tempDir', () => {
  let root: string
  let host: ReturnType<typeof createHost>
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'temp-dir-test-'))
    host = createHost({ signal: new AbortController().signal, tempRoot: root })
  })
  afterEach(() => rm(root, { recursive: true }))

  it('is new, empty, for this user only, and gone with all it holds after its disposal', async () => {
    const dir = await host.tempDir()
    assert.ok(dir.path.startsWith(join(root, 'dbvault-')))
    assert.deepEqual(await readdir(dir.path), [])
    assert.equal((await stat(dir.path)).mode & 0o777, 0o700)
    assert.equal((await stat(dirname(dir.path))).mode & 0o777, 0o700)
    await mkdir(join(dir.path, 'a/b'), { recursive: true })
    await writeFile(join(dir.path, 'a/b/c'), 'row data')
    await dir[Symbol.asyncDispose]()
    await dir[Symbol.asyncDispose]()
    assert.deepEqual(await readdir(root), [])
  })

  it('names the root when that does not exist', async () => {
    const lost = createHost({ signal: host.signal, tempRoot: join(root, 'nowhere') })
    await assert.rejects(lost.tempDir(), { code: 'USAGE', message: new RegExp(join(root, 'nowhere')) })
  })

  it('is removed when the process exits at once', async () => {
    const child = holder(root, 'process.exit(0)')
    await once(child, 'exit')
    assert.deepEqual(await readdir(root), [])
  })

  it('is swept after its run was killed, and not before', async () => {
    await using mine = await host.tempDir()
    const child = holder(root, 'console.log("ready"); setInterval(() => {}, 1000)')
    await once(child.stdout, 'data')
    assert.equal((await readdir(root)).length, 2)
    assert.deepEqual(await sweepTempDirs(root), [])
    assert.equal((await readdir(root)).length, 2)
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal((await sweepTempDirs(root)).length, 1)
    assert.deepEqual(await readdir(root), [mine.path.split('/').at(-2)])
  })
})

describe('sweepTempDirs', () => {
  let root: string
  let own: Record<string, unknown>
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'sweep-test-'))
    const host = createHost({ signal: new AbortController().signal, tempRoot: root })
    await using dir = await host.tempDir()
    own = JSON.parse(await readFile(join(dirname(dir.path), 'lease.json'), 'utf8')) as Record<string, unknown>
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  async function plant(name: string, lease: object, minutesOld = 0): Promise<string> {
    const path = join(root, name)
    await mkdir(join(path, 'files'), { recursive: true })
    await writeFile(join(path, 'files/dump'), 'row data')
    await writeFile(join(path, 'lease.json'), JSON.stringify(lease))
    await age(join(path, 'lease.json'), minutesOld)
    return path
  }

  async function age(path: string, minutes: number): Promise<void> {
    const then = new Date(Date.now() - minutes * 60_000)
    await utimes(path, then, then)
  }

  it('removes the directory of a process whose number was given to another one', async () => {
    const path = await plant('dbvault-AAAAAA', { ...own, started: '1' })
    assert.deepEqual(await sweepTempDirs(root), [path])
    assert.deepEqual(await readdir(root), [])
  })

  it('keeps the directory of a living process however old its lease is', async () => {
    await plant('dbvault-AAAAAA', own, 60)
    assert.deepEqual(await sweepTempDirs(root), [])
  })

  it('judges the lease of another boot or container by its age alone', async () => {
    await plant('dbvault-AAAAAA', { ...own, started: '1', boot: 'other' }, 14)
    await plant('dbvault-BBBBBB', { ...own, started: '1', namespace: 'pid:[1]' }, 14)
    const dead = [
      await plant('dbvault-CCCCCC', { ...own, boot: 'other' }, 16),
      await plant('dbvault-DDDDDD', { ...own, namespace: 'pid:[1]' }, 16),
    ]
    assert.deepEqual((await sweepTempDirs(root)).sort(), dead)
  })

  it('keeps what has no lease of ours', async () => {
    await plant('dbvault-AAAAAA', { kind: 'something else', pid: 1 }, 60)
    await plant('dbvault-backups', { ...own, started: '1' }, 60)
    await mkdir(join(root, 'dbvault-BBBBBB/precious'), { recursive: true })
    await age(join(root, 'dbvault-BBBBBB'), 60)
    assert.deepEqual(await sweepTempDirs(root), [])
    assert.equal((await readdir(root)).length, 3)
  })

  it('removes a directory that is empty, or has an empty lease, only when it is old', async () => {
    for (const name of ['dbvault-AAAAAA', 'dbvault-BBBBBB', 'dbvault-CCCCCC', 'dbvault-DDDDDD'])
      await mkdir(join(root, name))
    for (const name of ['dbvault-CCCCCC', 'dbvault-DDDDDD']) await writeFile(join(root, name, 'lease.json'), '')
    const old = ['dbvault-BBBBBB', 'dbvault-DDDDDD'].map((name) => join(root, name))
    for (const path of old) await age(path, 16)
    assert.deepEqual((await sweepTempDirs(root)).sort(), old)
  })

  it('follows no symbolic link', async () => {
    await using elsewhere = await createHost({ signal: new AbortController().signal }).tempDir()
    await writeFile(join(elsewhere.path, 'precious'), '')
    await plant('dbvault-AAAAAA', { ...own, started: '1' })
    await symlink(elsewhere.path, join(root, 'dbvault-AAAAAA/files/link'))
    await writeFile(join(elsewhere.path, 'lease.json'), JSON.stringify({ ...own, started: '1' }))
    await symlink(elsewhere.path, join(root, 'dbvault-BBBBBB'))
    assert.deepEqual(await sweepTempDirs(root), [join(root, 'dbvault-AAAAAA')])
    assert.ok(existsSync(join(elsewhere.path, 'precious')))
  })

  it('resolves for a root that does not exist', async () => {
    assert.deepEqual(await sweepTempDirs(join(root, 'nowhere')), [])
  })
})

function holder(root: string, then: string) {
  const script = `
    import { writeFileSync } from 'node:fs'
    import { createHost } from ${JSON.stringify(SOURCE)}
    const host = createHost({ signal: new AbortController().signal, tempRoot: ${JSON.stringify(root)} })
    const dir = await host.tempDir()
    writeFileSync(dir.path + '/dump', 'row data')
    ${then}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

describe('a directory for temporary files that is kept in memory', () => {
  it('is warned about once in a process', async () => {
    const script = `
      import { createHost } from ${JSON.stringify(SOURCE)}
      const report = (event) => console.log(JSON.stringify(event))
      const host = createHost({ signal: new AbortController().signal, tempRoot: '/dev/shm', report })
      for (let round = 0; round < 2; round++) await (await host.tempDir())[Symbol.asyncDispose]()`
    const host = createHost({ signal: new AbortController().signal })
    const said = await text(host.runTool({ command: process.execPath, args: ['--input-type=module', '-e', script] }))
    const message = 'The directory for temporary files, /dev/shm, is kept in memory; --temp-dir can name one on a disk'
    assert.equal(said, `${JSON.stringify({ kind: 'warning', message })}\n`)
  })
})
