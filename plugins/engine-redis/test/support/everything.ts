import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'

export const marker = 'canary7Q4z9'

/** Every type in every encoding that a server of this version makes. */
export async function fillWithEverything(client: Redis): Promise<void> {
  const call = (name: string, ...args: (string | number | Buffer)[]): Promise<unknown> => client.call(name, ...args)
  await call('SELECT', 0)
  const numbers = ['12', '-1', '-128', '127', '-30000', '32767', '2000000000', '-2147483648', '9223372036854775807']
  for (const number of numbers) await call('SET', `number ${number}`, number)
  await call('SET', 'marker', marker)
  await call('SET', 'binary', Buffer.from([0, 255, 13, 10, 128]))
  await call('SET', 'compressible', 'a'.repeat(5000))
  await call('SET', 'text', 'der Affe \u{1f412} und das \u5b57 '.repeat(40))
  await call('SET', '', 'under an empty name')
  await call('SET', 'empty', '')
  await call('SET', Buffer.from([107, 0, 254, 10]), 'x')
  await call('SET', '01', '007')
  await call('SET', 'expires', 'later', 'PX', 500_000_000)
  await call('SET', 'x'.repeat(300), 'under a long name')
  for (let place = 0; place < 16; place++) await call('SET', `random ${place}`, randomBytes(80_000))
  await call('RPUSH', 'list', 'a', '1', '-5', Buffer.from([255]), '12345678901234567890')
  await call('RPUSH', 'list of many', ...Array.from({ length: 5000 }, (_, place) => `element ${place} `.repeat(3)))
  await call('RPUSH', 'list of large ones', 'x'.repeat(20_000), randomBytes(70_000), 'z')
  await call('SADD', 'set of numbers', 1, 2, -3)
  await call('SADD', 'set of large numbers', 2 ** 40, 1, -(2 ** 50))
  await call('SADD', 'set', 'a', 'b', '17')
  await call('SADD', 'set of many', ...Array.from({ length: 1000 }, (_, place) => `member ${place}`))
  await call('HSET', 'hash', 'field', 'value', 'number', 1, '', '')
  await call('HSET', 'hash of many', ...Array.from({ length: 1000 }, (_, place) => [`f${place}`, `v${place}`]).flat())
  await call('HSET', 'hash with a long value', 'f', 'z'.repeat(1000))
  await call('ZADD', 'sorted', 1.5, 'a', '-inf', 'b', '+inf', 'c', 3, 'd', 0.1, 'e', 1e300, 'f')
  await call('ZADD', 'sorted many', ...Array.from({ length: 1000 }, (_, place) => [place / 3, `m${place}`]).flat())
  await call('PEXPIRE', 'sorted', 700_000_000)
  for (let place = 1; place <= 300; place++) {
    await call('XADD', 'stream', `${place}-1`, 'field', `value ${place}`, ...(place % 7 === 0 ? ['more', place] : []))
  }
  await call('XGROUP', 'CREATE', 'stream', 'group', '5-0')
  await call('XREADGROUP', 'GROUP', 'group', 'consumer', 'COUNT', 7, 'STREAMS', 'stream', '>')
  await call('XREADGROUP', 'GROUP', 'group', 'other', 'COUNT', 2, 'STREAMS', 'stream', '>')
  await call('XDEL', 'stream', '6-1', '20-1')
  await call('XGROUP', 'CREATE', 'stream', 'idle', '$')
  await call('XADD', 'emptied stream', '1-1', 'a', 'b')
  await call('XDEL', 'emptied stream', '1-1')
  await call('PFADD', 'hyperloglog', ...Array.from({ length: 100 }, (_, place) => place))
  await call('GEOADD', 'places', 13.3, 38.1, 'Palermo', 15.1, 37.5, 'Catania')
  await call('SETBIT', 'bits', 100_000, 1)
  await call('SET', 'counter', 0)
  for (const field of ['a', 'b', 'c']) await call('HSET', 'hash with times', field, field)
  // From Redis 7.4 and Valkey 9 on.
  await call('HPEXPIRE', 'hash with times', 900_000_000, 'FIELDS', 1, 'b').catch(() => {})
  await call('HSET', 'many with times', ...Array.from({ length: 900 }, (_, place) => [`f${place}`, `v${place}`]).flat())
  await call('HPEXPIRE', 'many with times', 800_000_000, 'FIELDS', 2, 'f7', 'f9').catch(() => {})
  await call('SELECT', 5)
  await call('SET', 'in five', 'x')
  await call('SADD', 'set in five', 'a', 'b')
  await call('SELECT', 0)
  await call('FUNCTION', 'LOAD', "#!lua name=mylib\nredis.register_function('f', function() return 1 end)").catch(
    () => {},
  )
}
