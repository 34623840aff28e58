/**
 * Backups of PostgreSQL and MariaDB against what one would do by hand, and dbvault's memory at two sizes. Build first:
 * what is measured is what is published. `node bench/servers.ts [megabytes] [runs] [large megabytes] [postgres|mariadb]`,
 * 500, 3 and 3000 by default, and both. Needs both servers, pigz, zstd, age, GNU time and 15 GB of disk in the temp
 * folder.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer } from '../test/servers/mysql.ts'
import { startPostgres } from '../test/servers/postgres.ts'
import { Figures } from './figures.ts'
import { type Contender, race } from './race.ts'
import { mysqlRows, postgresRows } from './server-rows.ts'

const [megabytes = 500, runs = 3, large = 3000] = process.argv.slice(2, 5).map(Number)
const only = process.argv[5]
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const DBVAULT = `'${process.execPath}' --import '${path('own-peak.js')}' '${path('../bin/run.js')}'`
const folder = await mkdtemp(join(tmpdir(), 'bench-servers-'))
const [out, key, byHand, archive] = ['out', 'vault.key', 'by-hand', 'archive'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
  string,
]
const figures = new Figures()
const MB = 1_000_000

try {
  await race([{ name: 'keygen', command: `${DBVAULT} keygen -s '${key}'` }], 1)
  const identity = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const recipient = /age1\w+/.exec(identity)?.[0] ?? ''
  if (only !== 'mariadb') await postgres(recipient)
  if (only !== 'postgres') await mariadb(recipient)
} finally {
  await rm(folder, { recursive: true, force: true })
}
figures.print()

async function postgres(recipient: string): Promise<void> {
  const server = await startPostgres()
  try {
    process.env['PGPASSWORD'] = process.env['DBVAULT_PASSWORD'] = server.password
    const programs = `-h '${server.socketDirectory}' -p ${server.port} -U postgres`
    const backup = (database: string, flags: string): Contender => ({
      name: `backup ${flags}`,
      command: `${DBVAULT} backup --db postgres -H '${server.socketDirectory}' --port ${server.port} -u postgres -D ${database} -o '${out}' --quiet ${flags}`,
      leaves: [out],
    })
    const fernet = `--key-file '${key}'`
    const dump = (through: string): Contender => ({
      name: `pg_dump | ${through} | age`,
      command: `'${server.binDir}/pg_dump' ${programs} bench | ${through} | age -r ${recipient} -o '${byHand}'`,
      leaves: [byHand],
    })
    const make = (size: number): string => {
      server.psql('postgres', 'CREATE DATABASE bench')
      server.psql('bench', postgresRows(size))
      return `PostgreSQL, ${(Number(server.psql('bench', `SELECT pg_database_size('bench')`)) / MB).toFixed(0)} MB`
    }

    const what = make(megabytes)
    await figures.compare(
      `${what}: backup -e --prove none, pg_dump | pigz | age`,
      backup('bench', `${fernet} --prove none`),
      dump('pigz'),
      1,
      runs,
    )
    await figures.compare(
      `${what}: backup --compression zstd -r, pg_dump | zstd -T0 | age`,
      backup('bench', `-r ${recipient} --compression zstd --prove none`),
      dump('zstd -q -T0'),
      1.15,
      runs,
    )
    execFileSync('sh', ['-c', `'${server.binDir}/pg_dump' ${programs} -Fc bench > '${archive}'`])
    const withoutProof = backup('bench', `${fernet} --prove none`)
    await figures.compare(
      `${what}: backup -e, the same without proof and then pg_restore`,
      backup('bench', fernet),
      {
        ...withoutProof,
        name: 'backup --prove none, pg_restore',
        prepare: `'${server.binDir}/dropdb' ${programs} --if-exists restored && '${server.binDir}/createdb' ${programs} restored`,
        command: `${withoutProof.command} && '${server.binDir}/pg_restore' ${programs} -d restored '${archive}'`,
      },
      1,
      runs,
    )
    await figures.memory(`${what}: backup -e, proven`, backup('bench', fernet), 150)
    server.psql('postgres', 'DROP DATABASE bench')
    server.psql('postgres', 'DROP DATABASE restored')
    if (large > 0) await figures.memory(`${make(large)}: backup -e, proven`, backup('bench', fernet), 150)
  } finally {
    await server.stop()
  }
}

async function mariadb(recipient: string): Promise<void> {
  const server = await startServer({ vendor: 'MariaDB', args: ['--innodb-buffer-pool-size=512M'] })
  try {
    process.env['MYSQL_PWD'] = process.env['DBVAULT_PASSWORD'] = server.password
    const backup = (flags: string): Contender => ({
      name: `backup ${flags}`,
      command: `${DBVAULT} backup --db mysql --mysql-socket '${server.socket}' -u ${server.user} -D bench -o '${out}' --key-file '${key}' --quiet ${flags}`,
      leaves: [out],
    })
    const dump: Contender = {
      name: 'mariadb-dump | pigz | age',
      command: `mariadb-dump --no-defaults -S '${server.socket}' -u ${server.user} --single-transaction bench | pigz | age -r ${recipient} -o '${byHand}'`,
      leaves: [byHand],
    }
    const make = async (size: number): Promise<string> => {
      await server.sql('CREATE DATABASE bench')
      await server.sql(mysqlRows(size), 'bench')
      const bytes = await server.sql(
        `SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'bench'`,
      )
      return `MariaDB, ${(Number(bytes) / MB).toFixed(0)} MB`
    }

    const what = await make(megabytes)
    await figures.compare(
      `${what}: backup -e --prove none, mariadb-dump | pigz | age`,
      backup('--prove none'),
      dump,
      1.05,
      runs,
    )
    await server.sql(`SET GLOBAL log_output = 'TABLE', general_log = 1`)
    await figures.memory(`${what}: backup -e, proven`, backup(''), 150)
    await server.sql('SET GLOBAL general_log = 0')
    const held = await server.sql(
      `SELECT MAX(TIMESTAMPDIFF(MICROSECOND, f.event_time, u.event_time)) / 1000 FROM mysql.general_log f
       JOIN mysql.general_log u ON u.thread_id = f.thread_id AND u.argument = 'UNLOCK TABLES'
       WHERE f.argument = 'FLUSH TABLES WITH READ LOCK'`,
    )
    figures.add(`${what}: lock held for the snapshot, by the server's log`, `${Number(held).toFixed(1)} ms`, '50 ms')
    await server.sql('DROP DATABASE bench')
    if (large > 0) await figures.memory(`${await make(large)}: backup -e, proven`, backup(''), 150)
  } finally {
    await server.stop()
  }
}
