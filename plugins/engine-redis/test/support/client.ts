import { Redis } from 'ioredis'
import type { TestRedis } from '../../../../test/servers/redis.ts'

/** Another client than the engine's own code, for one test. */
export function clientOf(server: Pick<TestRedis, 'port' | 'password'>): Redis & AsyncDisposable {
  const client = new Redis({
    host: '127.0.0.1',
    port: server.port,
    ...(server.password !== '' && { password: server.password }),
    disableClientInfo: true,
    retryStrategy: () => null,
  })
  client.on('error', () => {})
  return Object.assign(client, {
    [Symbol.asyncDispose]: async () => client.disconnect(),
  })
}
