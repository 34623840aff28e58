/**
 * Backups to MinIO against the same to a local disk and against what one would do by hand, dbvault's memory in a large
 * upload, and how long a listing of many backups takes. Build first: what is measured is what is published.
 * `node bench/clouds.ts [megabytes] [runs] [large megabytes] [backups]`, 500, 3, 3000 and 10000 by default. Needs
 * PostgreSQL and the tests' MinIO, pigz, GNU time and 15 GB of disk in the temp folder; rclone for one row.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBucket } from '../plugins/storage-minio/test/support/bucket.ts'
import { startPostgres } from '../test/servers/postgres.ts'
import { startS3 } from '../test/servers/s3-server.ts'
import { Figures } from './figures.ts'
import { manyBackups } from './many-backups.ts'
import { type Contender, race } from './race.ts'
import { randomDatabase } from './random-database.ts'
import { sampleDatabase } from './sample-database.ts'
import { postgresRows } from './server-rows.ts'

const [megabytes = 500, runs = 3, large = 3000, backups = 10_000] = process.argv.slice(2).map(Number)
const MB = 1_000_000
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const DBVAULT = `'${process.execPath}' --import '${path('own-peak.js')}' '${path('../bin/run.js')}'`
const folder = await mkdtemp(join(tmpdir(), 'bench-clouds-'))
const at = (name: string): string => join(folder, name)
const key = at('vault.key')
const figures = new Figures()
const minio = await startS3('minio')

interface Place {
  readonly name: string
  readonly flags: string
  put(object: string, bytes: Buffer): Promise<void>
  /** Bytes of the largest object. */
  largest(): Promise<number>
}

try {
  Object.assign(process.env, {
    MINIO_ACCESS_KEY: minio.accessKey,
    MINIO_SECRET_KEY: minio.secretKey,
    MINIO_ENDPOINT: minio.endpoint,
  })
  await race([{ name: 'keygen', command: `${DBVAULT} keygen -s '${key}'` }], 1)
  if (megabytes > 0) await againstOthers()
  if (large > 0) await memory()
  if (backups > 0) await listings()
} finally {
  await minio.stop()
  await rm(folder, { recursive: true, force: true })
}
figures.print()

/** A new bucket. */
async function place(): Promise<Place> {
  const { name, client } = await makeBucket(minio)
  return {
    name,
    flags: `--cloud minio --minio-bucket ${name}`,
    put: async (object, bytes) => void (await client.putObject(name, object, bytes)),
    async largest() {
      const objects = client.listObjects(name, '', true) as AsyncIterable<{ readonly size: number }>
      return Math.max(...(await Array.fromAsync(objects, ({ size }) => size)))
    },
  }
}

async function againstOthers(): Promise<void> {
  const server = await startPostgres()
  try {
    process.env['PGPASSWORD'] = process.env['DBVAULT_PASSWORD'] = server.password
    server.psql('postgres', 'CREATE DATABASE bench')
    server.psql('bench', postgresRows(megabytes))
    const bytes = Number(server.psql('bench', `SELECT pg_database_size('bench')`))
    const what = `PostgreSQL, ${(bytes / MB).toFixed(0)} MB`
    const backup = (to: string, flags: string): Contender => ({
      name: `backup ${to} ${flags}`,
      command: `${DBVAULT} backup --db postgres -H '${server.socketDirectory}' --port ${server.port} -u postgres -D bench ${to} --quiet ${flags}`,
      leaves: [at('out')],
    })
    const bucket = await place()
    for (const flags of ['', ' --prove none']) {
      await figures.compare(
        `${what}: backup -e${flags} to MinIO, the same to a local disk`,
        backup(bucket.flags, `--key-file '${key}'${flags}`),
        backup(`-o '${at('out')}'`, `--key-file '${key}'${flags}`),
        1.15,
        runs,
      )
    }
    const row = `${what}: backup --prove none to MinIO, pg_dump | pigz | rclone rcat`
    if (spawnSync('rclone', ['version']).status !== 0) return figures.add(row, 'not measured: rclone is missing', '1')
    // It stumbles over one, and needs none here.
    delete process.env['AWS_CA_BUNDLE']
    Object.assign(process.env, {
      RCLONE_CONFIG: '/dev/null',
      RCLONE_CONFIG_BENCH_TYPE: 's3',
      RCLONE_CONFIG_BENCH_PROVIDER: 'Minio',
      RCLONE_CONFIG_BENCH_ENDPOINT: minio.endpoint,
      RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: minio.accessKey,
      RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: minio.secretKey,
    })
    const byHand: Contender = {
      name: 'pg_dump | pigz | rclone rcat',
      command: `'${server.binDir}/pg_dump' -h '${server.socketDirectory}' -p ${server.port} -U postgres bench | pigz | rclone rcat bench:${bucket.name}/by-hand.sql.gz`,
    }
    await figures.compare(row, backup(bucket.flags, '--prove none'), byHand, 1, runs)
  } finally {
    await server.stop()
  }
}

/** Of what cannot be compressed; encrypted it is a third larger, and that is what is uploaded. */
async function memory(): Promise<void> {
  const database = at('large.db')
  randomDatabase(database, large * 0.75 * MB)
  const { size } = await stat(database)
  const bucket = await place()
  const contender = (flags: string): Contender => ({
    name: `backup ${flags}`,
    command: `${DBVAULT} backup --db sqlite -D '${database}' --compression zstd ${bucket.flags} --key-file '${key}' --quiet ${flags}`,
  })
  for (const flags of ['--prove none', '']) {
    await figures.memory(`SQLite, ${(size / MB).toFixed(0)} MB: backup -e ${flags} to MinIO`, contender(flags), 200)
    figures.add('  of which in MinIO', `${((await bucket.largest()) / MB).toFixed(0)} MB`, '')
  }
  await rm(database)
}

async function listings(): Promise<void> {
  const one = at('one')
  await mkdir(one)
  sampleDatabase(at('small.db'), 1)
  const command = `${DBVAULT} backup --db sqlite -D '${at('small.db')}' -o '${one}' --quiet`
  await race([{ name: 'backup', command }], 1)
  const bucket = await place()
  const local = at('many')
  await manyBackups(one, backups, { folder: local, put: (object, bytes) => bucket.put(object, bytes) })
  for (const [where, flags, atMost] of [
    ['MinIO', bucket.flags, 5],
    ['a local disk', `-o '${local}'`, 2],
  ] as const) {
    const list: Contender = { name: 'list', command: `${DBVAULT} list ${flags} --json > '${at('list.json')}'` }
    const [{ seconds, cpuSeconds, peakMb }] = await race([list], runs)
    const listed = JSON.parse(await readFile(at('list.json'), 'utf8')) as { backups: object[]; damaged: object[] }
    assert.deepEqual([listed.backups.length, listed.damaged.length], [backups, 0])
    const measured = `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU seconds, peak ${peakMb.toFixed(0)} MB`
    figures.add(`list of ${backups} backups on ${where}`, measured, `${atMost} s`)
  }
}
