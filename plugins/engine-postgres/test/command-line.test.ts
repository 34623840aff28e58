import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { everything } from './support/everything.ts'
import { database } from './support/exam.ts'
import { drop, dumpOf } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

describe('dbvault with --db postgres', () => {
  needs('postgres', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-cli-'))
  after(() => rmSync(folder, { recursive: true }))

  const dbvault = (password: string, ...args: string[]) => {
    const env = {
      ...process.env,
      DBVAULT_PASSWORD: password,
      HOME: folder,
      PGHOST: 'nowhere.invalid',
      PGOPTIONS: '-c nonsense',
    }
    return spawnSync(process.execPath, [BIN, ...args], { env, encoding: 'utf8' })
  }

  it('backs up, proves, verifies and restores; finds artifacts that are cut or flipped', async () => {
    await using db = await database(everything)
    const to = ['-H', `127.0.0.1:${db.pg.port}`, '-u', 'postgres']
    const made = dbvault(db.pg.password, 'backup', '--db', 'postgres', ...to, '-D', db.name, '-o', folder, '--json')
    assert.equal(made.status, 0, made.stderr)
    const { backups } = JSON.parse(made.stdout) as { backups: { id: string; status: string }[] }
    assert.equal(backups[0]?.status, 'proven')

    const verified = dbvault('', 'verify', String(backups[0]?.id), '-o', folder)
    assert.equal(verified.status, 0, verified.stderr)

    const restored = dbvault(
      db.pg.password,
      'restore',
      '--newest',
      '--db',
      'postgres',
      '-o',
      folder,
      ...to,
      '-D',
      `${db.name}_2`,
    )
    try {
      assert.equal(restored.status, 0, restored.stderr)
      assert.equal(dumpOf(db.pg, `${db.name}_2`), dumpOf(db.pg, db.name))
    } finally {
      drop(db.pg, `${db.name}_2`)
    }

    const [artifact] = readdirSync(join(folder, 'postgres')).filter((name) => /\.dump\.\w+$/.test(name))
    const path = join(folder, 'postgres', String(artifact))
    const whole = readFileSync(path)
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1)
    for (const bytes of [whole.subarray(0, -1), whole.subarray(0, whole.length >> 1), flipped]) {
      writeFileSync(path, bytes)
      const found = dbvault('', 'verify', String(backups[0]?.id), '-o', folder)
      assert.notEqual(found.status, 0, found.stdout)
    }
  })

  it('backs up the database that a URL names', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const url = `postgres://postgres:${encodeURIComponent(db.pg.password)}@127.0.0.1:${db.pg.port}/${db.name}`
    const made = dbvault('', 'backup', '--db', 'postgres', '--url', url, '-o', folder, '--json')
    assert.equal(made.status, 0, made.stderr)
    const { backups } = JSON.parse(made.stdout) as { backups: { database: string; status: string }[] }
    assert.deepEqual(
      backups.map(({ database: name, status }) => [name, status]),
      [[db.name, 'proven']],
    )
    assert.ok(!(made.stdout + made.stderr).includes(db.pg.password))
  })

  it('refuses a wrong password without a word of it', async () => {
    await using db = await database('')
    const to = ['-H', `127.0.0.1:${db.pg.port}`, '-u', 'postgres']
    const made = dbvault(
      'the-canary',
      'backup',
      '--db',
      'postgres',
      ...to,
      '-D',
      db.name,
      '-o',
      folder,
      '--attempts',
      '1',
    )
    assert.notEqual(made.status, 0)
    assert.ok(!(made.stdout + made.stderr).includes('the-canary'))
    assert.match(made.stderr, /did not accept the user and password/)
  })
})
