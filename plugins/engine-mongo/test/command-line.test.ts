import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { needs } from '../../../test/support/tools.ts'
import { testClient } from './support/client.ts'
import { contentOf } from './support/content.ts'
import { fillWithEverything } from './support/everything.ts'
import { database, fillLarge } from './support/exam.ts'
import { harness } from './support/harness.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

describe('dbvault with --db mongo', () => {
  needs('mongo', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-cli-'))
  after(() => rmSync(folder, { recursive: true }))
  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  const environment = (password: string) => ({ ...process.env, DBVAULT_PASSWORD: password, HOME: folder })
  const dbvault = (password: string, ...args: string[]) =>
    spawnSync(process.execPath, [BIN, ...args], { env: environment(password), encoding: 'utf8' })

  it('backs up, proves, verifies and restores; finds artifacts that are cut or flipped', async () => {
    await using db = await database(fillWithEverything)
    const { client } = await testClient()
    const to = ['-H', `127.0.0.1:${db.mongo.port}`, '-u', db.mongo.user]
    const made = dbvault(db.mongo.password, 'backup', '--db', 'mongo', ...to, '-D', db.name, '-o', folder, '--json')
    assert.equal(made.status, 0, made.stderr)
    const { backups } = JSON.parse(made.stdout) as { backups: { id: string; status: string }[] }
    assert.equal(backups[0]?.status, 'proven')
    assert.match(made.stdout, /is not of one point in time/)

    const scratch = ['--scratch', `${db.mongo.url}?directConnection=true`]
    const verified = dbvault('', 'verify', String(backups[0]?.id), '-o', folder, ...scratch)
    assert.equal(verified.status, 0, verified.stderr)

    const copy = client.db(`${db.name}_2`)
    const restore = ['restore', '--newest', '--db', 'mongo', '-o', folder, ...to, '-D', `${db.name}_2`]
    try {
      const restored = dbvault(db.mongo.password, ...restore)
      assert.equal(restored.status, 0, restored.stderr)
      assert.equal(await contentOf(copy), await contentOf(db.db))
      assert.equal(dbvault(db.mongo.password, ...restore).status, 8)
    } finally {
      await copy.dropDatabase()
    }

    const [artifact] = readdirSync(join(folder, 'mongo')).filter((name) => /\.archive\.\w+$/.test(name))
    const path = join(folder, 'mongo', String(artifact))
    const whole = readFileSync(path)
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1)
    for (const bytes of [whole.subarray(0, -1), whole.subarray(0, whole.length >> 1), flipped]) {
      writeFileSync(path, bytes)
      const found = dbvault('', 'verify', String(backups[0]?.id), '-o', folder, '--prove', 'check')
      assert.notEqual(found.status, 0, found.stdout)
    }
  })

  it('refuses a wrong password without a word of it, and an absent database', async () => {
    await using db = await database((each) => each.collection('a').insertOne({ x: 1 }))
    const to = ['-H', `127.0.0.1:${db.mongo.port}`, '-u', db.mongo.user, '-o', folder]
    const denied = dbvault('canary word', 'backup', '--db', 'mongo', ...to, '-D', db.name)
    assert.notEqual(denied.status, 0)
    assert.match(denied.stderr, /did not accept the user and password/)
    assert.doesNotMatch(denied.stderr + denied.stdout, /canary/)
    const absent = dbvault(db.mongo.password, 'backup', '--db', 'mongo', ...to, '-D', 'Nowhere')
    assert.notEqual(absent.status, 0)
    assert.match(absent.stderr, /There is no database "Nowhere"/)
  })

  it('removes everything on Ctrl-C, in whatever it was at', async () => {
    await using db = await database(fillLarge)
    const from = ['-H', `127.0.0.1:${db.mongo.port}`, '-u', db.mongo.user, '-D', db.name]
    // From when the first file of the backup is there.
    for (const milliseconds of [0, 400, 1200]) {
      const out = join(folder, `interrupted-${milliseconds}`)
      const running = spawn(process.execPath, [BIN, 'backup', '--db', 'mongo', ...from, '-o', out], {
        env: environment(db.mongo.password),
        stdio: 'ignore',
      })
      const exited = once(running, 'exit') as Promise<[number | null]>
      while (!existsSync(out)) await delay(10)
      setTimeout(() => running.kill('SIGINT'), milliseconds)
      const [code] = await exited
      assert.ok(code === 130 || code === 0, `exit code ${code}`)
      assert.deepEqual(await harness.leftovers?.(), [])
    }
  })
})
