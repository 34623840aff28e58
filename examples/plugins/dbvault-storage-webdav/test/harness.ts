import { randomUUID } from 'node:crypto'
import { secret } from 'dbvault'
import { testHost, type StorageFixture, type StorageHarness } from 'dbvault/testing'
import plugin from '../dist/index.js'
import { forgetfulProxy } from './forgetful-proxy.ts'
import { PASSWORD, server, USER } from './server.ts'

async function open(url: string, password: string): Promise<StorageFixture> {
  const folder = `folder ${randomUUID()}`
  const storage = await plugin.open({ url, folder, key: undefined, user: USER, password }, testHost())
  const headers = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` }
  const ask = (method: string, path: string, body?: string): Promise<Response> =>
    fetch(new URL(path, server.url), { method, headers, ...(body !== undefined && { body }) })
  return {
    storage,
    async strand(key) {
      const parts = [encodeURIComponent(folder), '.dbvault-partial', randomUUID(), ...key.split('/')]
      for (let depth = 1; depth < parts.length; depth += 1) await ask('MKCOL', parts.slice(0, depth).join('/'))
      const { status } = await ask('PUT', parts.join('/'), 'half')
      if (status !== 201) throw new Error(`the server answers with ${status}`)
    },
    async [Symbol.asyncDispose]() {
      await ask('DELETE', encodeURIComponent(folder))
    },
  }
}

export const harness: StorageHarness = {
  open: () => open(server.url, PASSWORD),
  denied: () => open(server.url, 'wrong'),
  // Nobody may listen on that port.
  unreachable: () => open('http://127.0.0.1:1/', PASSWORD),
  async unreliable() {
    const proxy = await forgetfulProxy(server.url)
    const fixture = await open(proxy.url, PASSWORD)
    return {
      ...fixture,
      loseLastAnswer: proxy.loseNextMove,
      async [Symbol.asyncDispose]() {
        await fixture[Symbol.asyncDispose]()
        proxy.close()
      },
    }
  },
  secrets: [secret(PASSWORD)],
}
