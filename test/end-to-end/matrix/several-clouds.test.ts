import assert from 'node:assert/strict'
import { freePort } from '../../servers/free-port.ts'
import { needs } from '../../support/tools.ts'
import { makeDatabase, rowsIn, Vault } from '../../support/vault.ts'
import { CLOUDS, type Place } from './clouds.ts'

const KEY = ['--key-file', 'vault.key']
const ROWS = 5_000
const THREE = CLOUDS.slice(0, 3)

describe('one dump to three clouds at once', function () {
  needs(...THREE.map((cloud) => cloud.needs))
  this.timeout(180_000)
  let vault: Vault
  beforeEach(async () => {
    vault = await Vault.empty()
    makeDatabase(vault.path('shop.db'), ROWS)
    await vault.run(['keygen', '-s', 'vault.key'])
  })
  afterEach(() => vault[Symbol.asyncDispose]())

  const open = async (): Promise<Place[]> => Promise.all(THREE.map((cloud) => cloud.open()))
  const backup = (places: readonly Place[]): string[] =>
    ['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'near', ...KEY].concat(
      ['--attempts', '2', '--retry-min', '10ms'],
      places.flatMap(({ flags }) => flags),
    )
  const login = (places: readonly Place[]): Record<string, string> =>
    Object.assign({}, ...places.map(({ environment }) => environment)) as Record<string, string>

  /** By a user who has the key and this one place. */
  async function isGoodAt(environment: Record<string, string>, place: readonly string[], id: string): Promise<void> {
    const { backups } = await vault.json(['list', ...place, ...KEY], environment)
    assert.deepEqual(
      backups.map((one) => [one.id, one.status, one.trust]),
      [[id, 'proven', 'authentic']],
    )
    const target = `${place.at(-1)}.db`
    const restored = await vault.json(['restore', '--newest', ...place, '-D', target, ...KEY], environment)
    assert.equal(restored.exit, 0, restored.error?.message)
    assert.equal(rowsIn(vault.path(target)), ROWS)
  }

  it('and a directory stores the same backup in all four', async () => {
    const places = await open()
    const made = await vault.json(backup(places), login(places))
    assert.equal(made.exit, 0, made.error?.message)
    const [one] = made.backups
    assert.equal(one?.status, 'proven')
    assert.deepEqual(
      one.locations.map(({ status, address }) => [status, address.split('://')[0]]),
      [['stored', 'file'], ...THREE.map(({ name }) => ['stored', name])],
    )
    for (const flags of [['-o', 'near'], ...places.map((place) => place.flags)]) {
      await isGoodAt(login(places), flags, one.id)
    }
  })

  for (const [index, { name: down }] of THREE.entries()) {
    it(`exits with 9 when ${down} is down, says so, and leaves good backups in the others`, async () => {
      const places = await open()
      const nowhere = `127.0.0.1:${await freePort()}`
      const environment = { ...login(places) }
      for (const [variable, value] of Object.entries(places[index]?.environment ?? {})) {
        environment[variable] = value.replace(/127\.0\.0\.1:\d+/, nowhere)
      }
      const made = await vault.json(backup(places), environment)
      assert.deepEqual([made.exit, made.error?.code], [9, 'SEVERAL_FAILED'])
      const [one] = made.backups
      assert.equal(one?.status, 'proven')
      assert.deepEqual(
        one.locations.map(({ status, address }) => [status, address.split('://')[0]]),
        [['stored', 'file'], ...THREE.map(({ name }) => [name === down ? 'failed' : 'stored', name])],
      )
      assert.match(JSON.stringify(one.locations), /"code":"STORAGE_UNREACHABLE"/)
      assert.ok(JSON.stringify(made.error).includes(`${down}://`), JSON.stringify(made.error))
      assert.deepEqual(await places[index]?.left(), [])
      for (const place of [['-o', 'near'], ...places.toSpliced(index, 1).map(({ flags }) => flags)]) {
        const verified = await vault.json(['verify', one.id, ...place, ...KEY], environment)
        assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'proven'], verified.error?.message)
      }
    })
  }
})
