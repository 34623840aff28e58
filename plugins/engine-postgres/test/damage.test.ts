import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { needs } from '../../../test/support/tools.ts'
import { verifyAgain } from '../../../test/support/verify-again.ts'
import engine from '../src/index.ts'
import { everything } from './support/everything.ts'
import { database, dump, poorUser } from './support/exam.ts'
import { defaults } from './support/flags.ts'
import { at } from './support/harness.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))
const percents = (length: number) => Array.from({ length: 100 }, (_, percent) => Math.floor((length * percent) / 100))

describe('a damaged PostgreSQL backup', function () {
  this.timeout(240_000)
  needs('postgres', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-damage-'))
  after(() => rmSync(folder, { recursive: true }))

  it('is found by verify wherever its artifact is cut, at every 1 %, or has a bit that is the other one', async () => {
    await using db = await database(
      'CREATE TABLE t AS SELECT i, md5(i::text) AS x FROM generate_series(1, 500) i; SELECT lo_create(7)',
    )
    await using poor = await poorUser(db.pg)
    await using given = await database('', `OWNER "${poor.login.user}" TEMPLATE template0`)
    const url = `postgres://${poor.login.user}:r@127.0.0.1:${db.pg.port}/${given.name}`
    const to = ['-H', `127.0.0.1:${db.pg.port}`, '-u', 'postgres', '-D', db.name, '-o', folder, '--scratch', url]
    execFileSync(process.execPath, [BIN, 'backup', '--db', 'postgres', ...to, '--quiet'], {
      env: { ...process.env, DBVAULT_PASSWORD: db.pg.password },
    })
    const names = readdirSync(join(folder, 'postgres'))
    const key = names.find((name) => /-\w{6}\.dump\.gz$/.test(name)) ?? assert.fail(names.join())
    const artifact = join(folder, 'postgres', key)
    const whole = readFileSync(artifact)
    const scratch = { mode: 'url', url: { reveal: () => url }, flags: defaults } as const

    const verified = async (bytes: Uint8Array): Promise<string> => {
      rmSync(artifact)
      writeFileSync(artifact, bytes)
      return verifyAgain(join(folder, 'postgres'), key, engine, scratch)
    }

    assert.equal(await verified(whole), 'proven')
    for (const end of [...percents(whole.length), whole.length - 1]) {
      assert.match(
        await verified(whole.subarray(0, end)),
        /^failed (?:ARTIFACT_CORRUPT|PROOF_FAILED)$/,
        `cut at ${end}`,
      )
    }
    for (let part = 0; part < 40; part++) {
      const place = Math.floor((whole.length * part) / 40)
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(flipped.readUInt8(place) ^ (1 << (part % 8)), place)
      assert.match(await verified(flipped), /^failed (?:ARTIFACT_CORRUPT|PROOF_FAILED)$/, `flipped at ${place}`)
    }
    assert.equal(await verified(whole), 'proven')
    assert.equal(
      db.pg.psql(given.name, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
      '0\n',
    )
  })

  it('is found by the check wherever the archive itself is cut, at every 1 %', async () => {
    await using db = await database(everything)
    const { stored, bytes } = await dump(at(db.pg, db.name))
    const [main, ...others] = stored
    const [whole] = bytes
    assert.ok(main && whole)
    for (const end of [...percents(whole.length), whole.length - 1]) {
      const open = async () => Readable.from([whole.subarray(0, end)], { objectMode: false })
      await assert.rejects(engine.check([{ ...main, open }, ...others], testHost()), { code: 'PROOF_FAILED' })
    }
  })
})
