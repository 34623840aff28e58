import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/**
 * Everything that is on a server, read by the commands of each type and not by DUMP or RDB, in one text; '' for nothing.
 * @param only one logical database
 */
export async function contentOf(client: Redis, only?: number): Promise<string> {
  const lines: string[] = []
  const keyspace = await client.info('keyspace')
  const databases = [...keyspace.matchAll(/^db(\d+):/gm)].map((match) => Number(match[1]))
  for (const database of databases) {
    if (only !== undefined && database !== only) continue
    await client.select(database)
    const keys = await client.keysBuffer('*')
    for (const key of keys) {
      const name = only === undefined ? `${database} ${key.toString('hex')}` : key.toString('hex')
      const expires = Number(await client.call('PEXPIRETIME', key))
      lines.push(`${name} ${expires} ${await valueOf(client, key)}`)
    }
  }
  await client.select(0)
  if (only === undefined) {
    const libraries = (await client.call('FUNCTION', 'LIST', 'WITHCODE').catch(() => [])) as unknown[]
    lines.push(...libraries.map((library) => `function ${JSON.stringify(library)}`))
  }
  return lines.sort().join('\n')
}

async function valueOf(client: Redis, key: Buffer): Promise<string> {
  const type = await client.type(key)
  const call = (name: string, ...args: (string | Buffer)[]): Promise<unknown> => client.callBuffer(name, key, ...args)
  switch (type) {
    case 'string':
      return `string ${digest(await call('GET'))}`
    case 'list':
      return `list ${digest(await call('LRANGE', '0', '-1'))}`
    case 'set':
      return `set ${digest(sorted((await call('SMEMBERS')) as Buffer[]))}`
    case 'zset':
      return `zset ${digest(await call('ZRANGE', '0', '-1', 'WITHSCORES'))}`
    case 'hash': {
      const flat = (await call('HGETALL')) as Buffer[]
      // Since Redis 7.4 and Valkey 9.
      const times = ((await client.call('COMMAND', 'INFO', 'HPEXPIRETIME')) as unknown[])[0] !== null
      const fields = await Promise.all(
        flat
          .filter((_, place) => place % 2 === 0)
          .map(async (field, place) => {
            const time = times ? await client.call('HPEXPIRETIME', key, 'FIELDS', '1', field) : [-1]
            return Buffer.concat([field, Buffer.from([0]), flat[place * 2 + 1]!, Buffer.from(String(time))])
          }),
      )
      return `hash ${digest(sorted(fields))}`
    }
    case 'stream': {
      const info = (await client.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0')) as unknown[]
      // How it lies in memory is no content.
      return `stream ${digest(JSON.stringify(info.filter((_, place) => ![2, 3, 4, 5].includes(place))))}`
    }
    default:
      return type
  }
}

function sorted(values: readonly Buffer[]): Buffer[] {
  return values.toSorted((a, b) => Buffer.compare(a, b))
}

function digest(value: unknown): string {
  const hash = createHash('sha256')
  for (const part of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(String(part))
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex').slice(0, 24)
}
