import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, readdir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { needs } from '../../support/tools.ts'
import { Vault, type Document } from '../../support/vault.ts'
import { CLOUDS, type Place } from './clouds.ts'
import { OTHER_ENGINES, sqlite, type Engine, type Pair } from './databases.ts'

const KEY = ['--key-file', 'vault.key']
const DAY_MS = 24 * 3_600_000

type Run = (...argv: string[]) => Promise<Document>

/** Two with the same key: one has the database, the other nothing but the name of the cloud. */
interface Users extends AsyncDisposable {
  readonly owner: Vault
  readonly other: Vault
}

async function twoUsers(): Promise<Users> {
  const [owner, other] = [await Vault.empty(), await Vault.empty()]
  assert.equal((await owner.run(['keygen', '-s', 'vault.key'])).exit, 0)
  await cp(owner.path('vault.key'), other.path('vault.key'))
  return {
    owner,
    other,
    async [Symbol.asyncDispose]() {
      for (const user of [owner, other]) await user[Symbol.asyncDispose]()
    },
  }
}

/** Every run of it has to end well. */
function succeeding(vault: Vault, place: Place, pair: Pair): Run {
  return async (...argv) => {
    const document = await vault.json(argv, { ...place.environment, ...pair.environment })
    assert.equal(document.exit, 0, `${argv.join(' ')}: ${JSON.stringify(document.error)}`)
    return document
  }
}

/** Straight to the cloud, and back from there by somebody who has only the key. */
async function thereAndBack({ owner, other }: Users, place: Place, pair: Pair): Promise<void> {
  const before = await readdir(owner.path())
  const made = await succeeding(owner, place, pair)('backup', ...pair.source, ...KEY, ...place.flags)
  const [backup] = made.backups
  assert.equal(backup?.status, 'proven')
  assert.deepEqual(
    backup.locations.map(({ status }) => status),
    ['stored'],
  )
  const at = backup.locations[0]?.address ?? ''
  assert.ok(at.startsWith(place.address), at)
  assert.deepEqual(
    (await readdir(owner.path())).filter((name) => !before.includes(name) && name.includes(backup.id)),
    [],
  )

  const there = succeeding(other, place, pair)
  const { backups } = await there('list', ...place.flags, ...KEY)
  assert.deepEqual(
    backups.map(({ id, status, trust, address }) => [id, status, trust, address]),
    [[backup.id, 'proven', 'authentic', at]],
  )
  const verified = await there('verify', at, ...KEY, ...(pair.scratch ?? []))
  assert.equal(verified.backups[0]?.status, 'proven')
  await there('restore', at, ...pair.target, ...KEY)
  const { source, target } = await pair.contents()
  assert.ok(source.length > 50, source)
  assert.equal(target, source)
}

describe('from every engine to a cloud and back', function () {
  this.timeout(180_000)

  for (const cloud of CLOUDS) {
    describe(`sqlite, ${cloud.name}`, () => {
      needs(cloud.needs, ...sqlite.needs)
      let users: Users
      let place: Place
      let pair: Pair
      before(async () => {
        users = await twoUsers()
        place = await cloud.open()
        pair = await sqlite.open(users.owner, users.other)
      })
      after(async () => {
        await pair?.[Symbol.asyncDispose]()
        await place?.[Symbol.asyncDispose]()
        await users?.[Symbol.asyncDispose]()
      })

      it('restores what was backed up, on a clean home, from the cloud alone', () => thereAndBack(users, place, pair))

      it('passes the doctor, who leaves nothing there', async () => {
        const before = await place.left()
        const { checks } = (await succeeding(users.other, place, pair)('doctor', ...place.flags)) as Document & {
          readonly checks: readonly { readonly area: string; readonly outcome: string }[]
        }
        const ofPlace = checks.filter(({ area }) => area === 'storage')
        assert.ok(ofPlace.length >= 5, JSON.stringify(checks))
        assert.deepEqual(await place.left(), before)
      })

      it('loses what a killed run has left to prune once that is old, and never a backup', async () => {
        const run = succeeding(users.other, place, pair)
        const whole = await place.left()
        await killInUpload(users.owner, place, pair)
        const littered = await place.left()
        assert.ok(littered.length > whole.length)
        const early = await run('prune', ...place.flags, ...KEY, '--yes')
        assert.deepEqual(early['remove'], [])
        assert.deepEqual(await place.left(), littered)
        if (place.age) {
          await place.age(2 * DAY_MS)
          assert.notDeepEqual((await run('prune', ...place.flags, ...KEY))['remove'], [])
          assert.deepEqual(await place.left(), littered)
          await run('prune', ...place.flags, ...KEY, '--yes')
          assert.deepEqual(await place.left(), whole)
        }
        assert.equal((await run('list', ...place.flags, ...KEY)).backups.length, 1)
        assert.equal((await run('verify', '--all', ...place.flags, ...KEY)).backups[0]?.status, 'proven')
      })
    })
  }

  for (const [index, engine] of OTHER_ENGINES.entries()) {
    const cloud = CLOUDS[index % CLOUDS.length] ?? assert.fail()
    oneByOne(engine, cloud)
  }
})

function oneByOne(engine: Engine, cloud: (typeof CLOUDS)[number]): void {
  describe(`${engine.name}, ${cloud.name}`, () => {
    needs(cloud.needs, ...engine.needs)

    it('restores what was backed up, on a clean home, from the cloud alone', async () => {
      await using users = await twoUsers()
      await using place = await cloud.open()
      await using pair = await engine.open(users.owner, users.other)
      await thereAndBack(users, place, pair)
    })
  })
}

/** As soon as the cloud has a first part of the dump. */
async function killInUpload(vault: Vault, place: Place, { source }: Pair): Promise<void> {
  const argv = ['backup', ...source, ...KEY, ...place.flags, '--limit-rate', '5MB']
  const child = vault.user.start(argv, place.environment)
  child.stdout?.resume()
  child.stderr?.resume()
  const closed = once(child, 'close')
  while (!(await place.left()).some((name) => /\((upload|blocks)\)$/.test(name))) {
    assert.equal(child.exitCode, null, 'it ended before it could be killed')
    await setImmediate()
  }
  child.kill('SIGKILL')
  await closed
}
