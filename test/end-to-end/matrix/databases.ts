import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { StandIn } from '../../../plugins/engine-db2/test/support/instance.ts'
import { archiving } from '../../../plugins/engine-db2/test/support/shop.ts'
import { testClient } from '../../../plugins/engine-mongo/test/support/client.ts'
import { contentOf as contentOfMongo } from '../../../plugins/engine-mongo/test/support/content.ts'
import { database as mongoDatabase } from '../../../plugins/engine-mongo/test/support/exam.ts'
import { fillWithEverything as fillMongo } from '../../../plugins/engine-mongo/test/support/everything.ts'
import { fixtureSql, madeDatabase } from '../../../plugins/engine-mysql/test/support/harness.ts'
import { everything as postgresSql } from '../../../plugins/engine-postgres/test/support/everything.ts'
import { database as postgresDatabase } from '../../../plugins/engine-postgres/test/support/exam.ts'
import { drop, dumpOf } from '../../../plugins/engine-postgres/test/support/harness.ts'
import { clientOf as redisClient } from '../../../plugins/engine-redis/test/support/client.ts'
import { contentOf as contentOfRedis } from '../../../plugins/engine-redis/test/support/content.ts'
import { fillWithEverything as fillRedis } from '../../../plugins/engine-redis/test/support/everything.ts'
import type { Environment } from '../../cli/dbvault-process.ts'
import { sharedServer } from '../../servers/mysql.ts'
import { startRedis } from '../../servers/redis.ts'
import type { Tool } from '../../support/tools.ts'
import { makeDatabase, type Vault } from '../../support/vault.ts'

/** A database that holds something of everything, and another that is not there yet, or empty. */
export interface Pair extends AsyncDisposable {
  /** Flags of `backup`. */
  readonly source: readonly string[]
  /** Flags of `restore`. */
  readonly target: readonly string[]
  /** Flags of `verify`, where it needs more than the key. */
  readonly scratch?: readonly string[]
  readonly environment?: Environment
  /** What another program than dbvault finds in each. */
  contents(): Promise<{ readonly source: string; readonly target: string }>
}

export interface Engine {
  readonly name: string
  readonly needs: readonly Tool[]
  /** The user whose database it is, and the one who restores it. */
  open(owner: Vault, other: Vault): Promise<Pair>
}

export const sqlite: Engine = {
  name: 'sqlite',
  needs: ['sqlite3'],
  async open(owner, other) {
    // More than one part of an upload, which cannot be compressed.
    makeDatabase(owner.path('large.db'), 110_000)
    const dump = (file: string): string =>
      execFileSync('sqlite3', [file, '.sha3sum', 'PRAGMA integrity_check', 'SELECT count(*) FROM item', '.schema'], {
        encoding: 'utf8',
      })
    return {
      source: ['--db', 'sqlite', '-D', 'large.db'],
      target: ['-D', 'restored.db'],
      contents: async () => ({ source: dump(owner.path('large.db')), target: dump(other.path('restored.db')) }),
      async [Symbol.asyncDispose]() {},
    }
  },
}

const postgres: Engine = {
  name: 'postgres',
  needs: ['postgres', 'linux'],
  async open() {
    const { pg, name, ...made } = await postgresDatabase(postgresSql)
    const to = ['--db', 'postgres', '-H', `127.0.0.1:${pg.port}`, '-u', pg.user]
    return {
      source: [...to, '-D', name],
      target: [...to, '-D', `${name}_2`],
      environment: { DBVAULT_PASSWORD: pg.password },
      contents: async () => ({ source: dumpOf(pg, name), target: dumpOf(pg, `${name}_2`) }),
      async [Symbol.asyncDispose]() {
        drop(pg, `${name}_2`)
        await made[Symbol.asyncDispose]()
      },
    }
  },
}

const mysql: Engine = {
  name: 'mysql',
  needs: ['linux'],
  async open() {
    const server = await sharedServer('MariaDB')
    const name = await madeDatabase(server, fixtureSql('MariaDB'))
    const to = ['--db', 'mysql', '-H', `127.0.0.1:${server.port}`, '-u', server.user]
    return {
      source: [...to, '-D', name],
      target: [...to, '-D', `${name}_2`],
      environment: { DBVAULT_PASSWORD: server.password },
      contents: async () => ({ source: await server.dump(name), target: await server.dump(`${name}_2`) }),
      async [Symbol.asyncDispose]() {
        for (const each of [name, `${name}_2`]) await server.sql(`DROP DATABASE IF EXISTS ${each}`)
      },
    }
  },
}

const mongo: Engine = {
  name: 'mongo',
  needs: ['mongo', 'linux'],
  async open() {
    const { mongo: server, name, db, ...made } = await mongoDatabase(fillMongo)
    const { client } = await testClient()
    const copy = client.db(`${name}_2`)
    const to = ['--db', 'mongo', '-H', `127.0.0.1:${server.port}`, '-u', server.user]
    return {
      source: [...to, '-D', name],
      target: [...to, '-D', `${name}_2`],
      scratch: ['--scratch', `${server.url}?directConnection=true`],
      environment: { DBVAULT_PASSWORD: server.password },
      contents: async () => ({ source: await contentOfMongo(db), target: await contentOfMongo(copy) }),
      async [Symbol.asyncDispose]() {
        await copy.dropDatabase()
        await made[Symbol.asyncDispose]()
      },
    }
  },
}

const redis: Engine = {
  name: 'redis',
  needs: ['redis', 'linux'],
  async open() {
    const [server, other] = [await startRedis(), await startRedis()]
    const [client, copy] = [redisClient(server), redisClient(other)]
    await fillRedis(client)
    return {
      source: ['--db', 'redis', '-H', `127.0.0.1:${server.port}`, '-D', 'all'],
      target: ['--db', 'redis', '-H', `127.0.0.1:${other.port}`, '-D', 'all'],
      environment: { DBVAULT_PASSWORD: server.password },
      contents: async () => ({ source: await contentOfRedis(client), target: await contentOfRedis(copy) }),
      async [Symbol.asyncDispose]() {
        for (const each of [client, copy]) await each[Symbol.asyncDispose]()
        for (const each of [server, other]) await each.stop()
      },
    }
  },
}

/** On a stand-in for its programs: no server of it can be had. */
const db2: Engine = {
  name: 'db2',
  needs: ['linux'],
  async open(owner, other) {
    const instance = new StandIn()
    const name = instance.create(archiving)
    for (const { user } of [owner, other]) {
      const plugin = new URL('../../../plugins/engine-db2', import.meta.url).pathname
      const linked = await user.run(['plugins', 'link', '--no-install', plugin])
      if (linked.exit !== 0) throw new Error(linked.stderr)
    }
    const programs = ['--db2-bin-dir', instance.binDir, '--db2-instance', userInfo().username]
    const to = ['--db', 'db2', ...programs, '-u', 'ann']
    return {
      source: [...to, '-D', name],
      target: [...to, '-D', 'COPY'],
      scratch: ['--db2-bin-dir', instance.binDir],
      environment: { DBVAULT_PASSWORD: instance.password },
      contents: async () => ({ source: instance.content(name), target: instance.content('COPY') }),
      async [Symbol.asyncDispose]() {
        instance[Symbol.dispose]()
      },
    }
  },
}

export const OTHER_ENGINES: readonly Engine[] = [postgres, mysql, mongo, redis, db2]
