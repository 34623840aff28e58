import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, readdir } from 'node:fs/promises'
import { finished } from '../cli/dbvault-process.ts'
import type { Fault, HttpProxy, SeenRequest } from './http-proxy.ts'
import { canMount, SmallDisk } from './small-disk.ts'
import { makeDatabase, rowsIn, Vault, type Document } from './vault.ts'

type Matches = (request: SeenRequest) => boolean

/** A bucket or container, seen from beside the plugin. */
export interface CloudPlace {
  readonly name: string
  /** What is there: names of objects, and of what is no object yet with that in brackets behind it. */
  left(): Promise<readonly string[]>
}

/** A server that runs, behind a network that can be made to fail, and how dbvault gets in. */
export interface RunningCloud extends AsyncDisposable {
  readonly proxy: HttpProxy
  readonly environment: Readonly<Record<string, string>>
  makePlace(): Promise<CloudPlace>
}

export interface CloudOnCommandLine {
  /** As `--cloud` names it. */
  readonly name: string
  /** Of its addresses. */
  readonly scheme: string
  readonly flags: { readonly place: string; readonly key: string }
  start(): Promise<RunningCloud>
  /** Which requests send the `n`th part of a large object, make an object of the parts, and read one. */
  readonly steps: { part(n: number): Matches; readonly last: Matches; readonly get: Matches }
  /** The server is busy. */
  readonly busy: Fault
  /** Whether what a killed run has sent can be found, and so be removed. */
  readonly listsUnfinished: boolean
  /** Makes the server's clock, as dbvault reads it off its newest marker, go ahead by so much. */
  goAhead(proxy: HttpProxy, ms: number): void
  /** Variables with a secret that is not the right one, and what is said of it. */
  wrong(environment: Readonly<Record<string, string>>): {
    readonly environment: Readonly<Record<string, string>>
    readonly secret?: string
    readonly says: RegExp
  }
}

/** More than one part, which cannot be compressed. */
const ROWS = 110_000
const DAY_MS = 24 * 60 * 60 * 1000
const KEY = ['--key-file', 'vault.key']

/** What whoever runs `dbvault --cloud NAME` may expect of every cloud. */
export function cloudOnCommandLine(cloud: CloudOnCommandLine): void {
  const { steps } = cloud
  let running: RunningCloud
  let proxy: HttpProxy
  let place: CloudPlace
  let vault: Vault

  before(async () => {
    running = await cloud.start()
    ;({ proxy } = running)
    vault = await Vault.create()
    makeDatabase(vault.path('large.db'), ROWS)
    await vault.run(['keygen', '-s', 'vault.key'])
  })
  beforeEach(async () => {
    place = await running.makePlace()
  })
  afterEach(() => proxy.heal())
  after(async () => {
    await running?.[Symbol.asyncDispose]()
    await vault?.[Symbol.asyncDispose]()
  })

  const inPlace = (key?: string): string[] => [
    '--cloud',
    cloud.name,
    cloud.flags.place,
    place.name,
    ...(key === undefined ? [] : [cloud.flags.key, key]),
  ]
  const backup = (database: string, ...more: string[]): string[] =>
    ['backup', '--db', 'sqlite', '-D', database, ...KEY, '--retry-min', '10ms'].concat(more)
  const run = (...argv: string[]): ReturnType<Vault['json']> => vault.json(argv, running.environment)
  const start = (argv: readonly string[]) => vault.user.start(argv, running.environment)
  /** Of the backup, not of a marker beside it. */
  const ofBackup =
    (matches: Matches): Matches =>
    (request) =>
      matches(request) && !request.path.includes('pending')
  const trusts = ({ backups }: Document): unknown[] => backups.map(({ id, status, trust }) => [id, status, trust])

  it('stores a large database without a local file; lists, verifies and restores it from the cloud alone', async () => {
    const made = await run(...backup('large.db', ...inPlace('my backups+/')))
    assert.equal(made.exit, 0, made.error?.message)
    const [one] = made.backups
    assert.equal(one?.status, 'proven')
    assert.ok(proxy.requests.some(steps.last), 'in parts')
    const at = one.locations[0]?.address ?? ''
    assert.ok(at.startsWith(`${cloud.scheme}://${place.name}/my%20backups%2B/sqlite/`), at)
    assert.equal((await place.left()).length, 2, 'an artifact and its manifest')
    assert.deepEqual(
      (await readdir(vault.path())).filter((name) => name.includes(one.id)),
      [],
    )

    await using elsewhere = await Vault.create()
    await cp(vault.path('vault.key'), elsewhere.path('vault.key'))
    const there = (...argv: string[]): ReturnType<Vault['json']> => elsewhere.json(argv, running.environment)
    const root = `${cloud.scheme}://${place.name}`
    for (const named of [inPlace(), [root], [`${root}/my%20backups%2B`]]) {
      assert.deepEqual(trusts(await there('list', ...named, ...KEY)), [[one.id, 'proven', 'authentic']])
    }
    for (const named of [[one.id, ...inPlace()], [at]]) {
      assert.equal((await there('show', ...named, ...KEY))['trust'], 'authentic')
      const verified = await there('verify', ...named, ...KEY)
      assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'proven'], verified.error?.message)
    }
    const restored = await there('restore', '--newest', ...inPlace(), '-D', 'restored.db', ...KEY)
    assert.equal(restored.exit, 0, restored.error?.message)
    assert.equal(rowsIn(elsewhere.path('restored.db')), ROWS)
    assert.equal((await there('decrypt', '-f', at, ...KEY, '-o', 'plain.gz')).exit, 0)
    assert.equal((await there('copy', '--all', '--from', root, '--to', 'copied')).exit, 0)
    assert.equal((await there('verify', '--all', '-o', 'copied', ...KEY)).exit, 0)
  })

  it('goes on after parts, answers and reads that fail', async () => {
    proxy.plant(steps.part(1), cloud.busy)
    proxy.plant(steps.part(2), { cutRequestAfter: 2_000_000 })
    proxy.plant(steps.last, { loseAnswer: true })
    proxy.plant(steps.get, { cutAnswerAfter: 3_000_000 }, 2)
    const { exit, stderr } = await vault.run(backup('large.db', ...inPlace()), running.environment)
    assert.equal(exit, 0, stderr)
    assert.match(stderr, new RegExp(`(part|block) \\d+ of ${cloud.scheme}:.* failed \\(attempt 1 of 3\\)`))
    const verified = await run('verify', '--all', ...inPlace(), ...KEY)
    assert.equal(verified.exit, 0, verified.error?.message)
  })

  it('takes an exact key, refuses it a second time, and keeps prefixes apart', async () => {
    const name = 'my shop+é.db'
    assert.equal((await run(...backup('shop.db', ...inPlace(name)))).exit, 0)
    const again = await run(...backup('shop.db', ...inPlace(name)))
    assert.deepEqual([again.exit, again.error?.code], [8, 'OBJECT_EXISTS'])
    assert.deepEqual(await place.left(), [name, `${name}.json`])
    const verified = await run('verify', ...inPlace(name), ...KEY)
    assert.equal(verified.exit, 0, verified.error?.message)
    const [listed] = (await run('list', ...inPlace())).backups
    assert.equal((await run('verify', listed?.address ?? '', ...KEY)).exit, 0, listed?.address)
    for (const prefix of ['night/', 'nightly/'])
      assert.equal((await run(...backup('shop.db', ...inPlace(prefix)))).exit, 0)
    assert.equal((await run('list', `${cloud.scheme}://${place.name}/night`)).backups.length, 1)
  })

  it('is one of two places, each with its verdict', async () => {
    const both = await run(...backup('shop.db', '-o', 'near', ...inPlace()))
    assert.deepEqual([both.exit, both.backups[0]?.locations.map(({ status }) => status)], [0, ['stored', 'stored']])
    const absent = ['--cloud', cloud.name, cloud.flags.place, 'no-such-place']
    const one = await run(...backup('shop.db', '-o', 'near', ...absent))
    assert.deepEqual([one.exit, one.error?.code, one.backups[0]?.status], [9, 'SEVERAL_FAILED', 'proven'])
    assert.deepEqual(
      one.backups[0]?.locations.map(({ status }) => status),
      ['stored', 'failed'],
    )
    assert.match(one.error?.message ?? '', /no-such-place/)
  })

  for (const [step, matches] of Object.entries({ part: steps.part(1), 'last request': steps.last, read: steps.get })) {
    it(`by Ctrl-C during a ${step} exits with 130 and leaves nothing`, async () => {
      let release = (): void => {}
      const hold = new Promise<void>((resolve) => (release = resolve))
      const coming = proxy.next(ofBackup(matches))
      proxy.plant(ofBackup(matches), { hold })
      const child = start(backup('large.db', ...inPlace()))
      const ending = finished(child)
      await Promise.race([coming, ending])
      child.kill('SIGINT')
      setTimeout(release, 200).unref()
      const { exit, stderr } = await ending
      assert.equal(exit, 130, stderr)
      assert.deepEqual(await place.left(), [])
    })
  }

  it('has no backup after SIGKILL in the middle of an upload; prune spares what may live and removes it once it is old', async () => {
    proxy.plant(steps.part(2), { silence: true })
    const coming = proxy.next(steps.part(2))
    const child = start(backup('large.db', ...inPlace()))
    const closed = once(child, 'close')
    child.stdout?.resume()
    child.stderr?.resume()
    await coming
    child.kill('SIGKILL')
    await closed
    const { backups, orphans } = await run('list', ...inPlace(), ...KEY)
    assert.deepEqual([backups, orphans], [[], []])

    const left = await place.left()
    assert.equal(left.filter((name) => name.includes('.pending-')).length, 1)
    const early = await run('prune', ...inPlace(), '--yes')
    const spared = (early['spared'] as { kind: string; why: string }[]).map(({ kind, why }) => [kind, why])
    assert.deepEqual([early.exit, early['remove']], [0, []])
    assert.deepEqual(spared, cloud.listsUnfinished ? [['upload', 'its run lives']] : [])
    assert.deepEqual(await place.left(), left)

    cloud.goAhead(proxy, 3 * DAY_MS)
    const late = await run('prune', ...inPlace(), '--yes')
    assert.deepEqual([late.exit, late['spared']], [0, []])
    assert.deepEqual(
      (late['remove'] as { kind: string }[]).map(({ kind }) => kind),
      cloud.listsUnfinished ? ['upload', 'marker'] : ['marker'],
    )
    // A session that cannot be listed is forgotten by the server after a time of its own.
    assert.deepEqual(await place.left(), cloud.listsUnfinished ? [] : left.filter((name) => !name.includes('pending')))
  })

  it('is examined by doctor, which tries every right and leaves nothing', async () => {
    const { exit, stdout } = await vault.run(['doctor', ...inPlace()], running.environment)
    assert.equal(exit, 0, stdout)
    for (const right of ['write', 'read back', 'list', 'refuse to overwrite', 'abort', 'delete'])
      assert.match(stdout, new RegExp(`ok +${right} `))
    assert.deepEqual(await place.left(), [])
  })

  it('of which the copies beside it do not fit on the disk says so, and leaves nothing here or there', async function () {
    if (!canMount) this.skip()
    const stored = await run(...backup('large.db', ...inPlace('good/')))
    const at = stored.backups[0]?.locations[0]?.address ?? ''
    const before = await place.left()
    using disk = new SmallDisk('4m')
    const onDisk = async (): Promise<string[]> => {
      const entries = await readdir(disk.path, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    }
    const full = { ...running.environment, DBVAULT_TEMP_DIR: disk.path }
    const json = (argv: readonly string[]): ReturnType<Vault['json']> => vault.json(argv, full)
    const made = await json(backup('large.db', ...inPlace()))
    assert.deepEqual([made.exit, made.error?.code, made.backups[0]?.status], [6, 'STORAGE_FULL', 'failed'])
    const verified = await json(['verify', at, ...KEY])
    assert.deepEqual([verified.exit, verified.error?.code], [5, 'PROOF_UNFINISHED'])
    const restored = await run('restore', at, '-D', `${disk.path}/restored.db`, ...KEY)
    assert.deepEqual([restored.exit, restored.error?.code], [6, 'STORAGE_FULL'])
    const decrypted = await run('decrypt', '-f', at, ...KEY, '-o', `${disk.path}/plain.gz`)
    assert.deepEqual([decrypted.exit, decrypted.error?.code], [6, 'STORAGE_FULL'])
    const from = `${cloud.scheme}://${place.name}/good`
    const copied = await run('copy', '--all', '--from', from, '--to', `${disk.path}/copied`)
    assert.deepEqual([copied.exit, copied.error?.code], [6, 'STORAGE_FULL'])
    assert.deepEqual(await onDisk(), [])
    assert.deepEqual(await place.left(), before)
  })

  it('tells an error once, with its cause, and never a secret', async () => {
    const { environment, secret, says } = cloud.wrong(running.environment)
    const argv = [...backup('shop.db'), ...inPlace()]
    const { exit, stdout, stderr } = await vault.run(argv, { ...environment, DEBUG: 'dbvault' })
    assert.equal(exit, 6, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, says)
    assert.equal(stderr.match(/^Error: /gm)?.length, 1)
    if (secret !== undefined) assert.ok(!stderr.includes(secret))
  })
}
