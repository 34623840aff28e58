import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Host } from '../../src/contract/host.ts'
import type { ObjectStat, Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'

/** One way in which a place fails: at which call, for which keys, how often, and with what. */
export interface Fault {
  readonly call: 'probe' | 'put' | 'get' | 'stat' | 'list' | 'delete' | 'unfinished'
  readonly key?: RegExp
  /** Of a put: so many bytes of the body are taken first. */
  readonly afterBytes?: number
  /** How often it happens; always where absent. */
  readonly times?: number
  readonly error: Error
}

export const denied = (): DbvaultError => new DbvaultError('STORAGE_DENIED', 'refused')
export const cutOff = (): DbvaultError =>
  new DbvaultError('STORAGE_UNREACHABLE', 'the line was cut', { retryable: true })

/** A place that works, but for the faults; they are planted one after the other. */
export function faulty(storage: Storage, ...faults: readonly Fault[]): Storage {
  return faults.reduce(plant, storage)
}

function plant(storage: Storage, { call, key = /^/, afterBytes = 0, times = Infinity, error }: Fault): Storage {
  let left = times
  const strikes = (name: string): boolean => key.test(name) && left-- > 0
  switch (call) {
    case 'probe':
      return { ...storage, probe: (host) => (strikes('') ? Promise.reject(error) : storage.probe(host)) }
    case 'put':
      return {
        ...storage,
        put: (name, body, host) =>
          strikes(name) ? takeThenFail(body, afterBytes, error) : storage.put(name, body, host),
      }
    case 'get':
      return {
        ...storage,
        get: (name, host, options) => (strikes(name) ? Promise.reject(error) : storage.get(name, host, options)),
      }
    case 'stat':
      return { ...storage, stat: (name, host) => (strikes(name) ? Promise.reject(error) : storage.stat(name, host)) }
    case 'delete':
      return {
        ...storage,
        delete: (name, host) => (strikes(name) ? Promise.reject(error) : storage.delete(name, host)),
      }
    case 'list':
    case 'unfinished':
      return {
        ...storage,
        async *[call](prefix: string, host: Host) {
          let first = true
          for await (const found of storage[call](prefix, host) as AsyncIterable<never>) {
            // After one entry: a listing that breaks off looks like a short one.
            if (!first && strikes(prefix)) throw error
            first = false
            yield found
          }
          if (first && strikes(prefix)) throw error
        },
      }
  }
}

async function takeThenFail(body: Readable, bytes: number, error: Error): Promise<ObjectStat> {
  body.on('error', () => {})
  let taken = 0
  if (bytes > 0) for await (const chunk of body) if ((taken += (chunk as Uint8Array).length) >= bytes) break
  body.destroy()
  throw error
}

/** A place that takes the first bytes of an artifact and then nothing, until the call is aborted. */
export function stalling(storage: Storage, key: RegExp, onStalled = (): void => {}): Storage {
  return {
    ...storage,
    async put(name, body, host) {
      if (!key.test(name)) return storage.put(name, body, host)
      body.on('error', () => {})
      try {
        await Promise.race([once(body, 'readable', { signal: host.signal }), once(body, 'close')])
        body.read(1)
        onStalled()
        await new Promise((_resolve, reject) => {
          if (host.signal.aborted) reject(host.signal.reason as Error)
          host.signal.addEventListener('abort', () => reject(host.signal.reason as Error))
        })
      } catch (error) {
        host.signal.throwIfAborted()
        throw error
      } finally {
        body.destroy()
      }
      throw new Error('unreachable')
    },
  }
}

/** A place whose objects and uploads with such keys were last changed so long ago, by its own clock. */
export function aged(storage: Storage, key: RegExp, milliseconds: number): Storage {
  const age = <T extends { readonly key: string }>(found: T, field: 'modifiedAt' | 'startedAt'): T =>
    key.test(found.key)
      ? { ...found, [field]: new Date((found as unknown as Record<string, Date>)[field]!.getTime() - milliseconds) }
      : found
  return {
    ...storage,
    async stat(name, host) {
      const found = await storage.stat(name, host)
      return found && age(found, 'modifiedAt')
    },
    async *list(prefix, host) {
      for await (const found of storage.list(prefix, host)) yield age(found, 'modifiedAt')
    },
    async *unfinished(prefix, host) {
      for await (const found of storage.unfinished(prefix, host)) yield age(found, 'startedAt')
    },
  }
}

/** Writes down the calls that a place gets. */
export function watched(storage: Storage, calls: string[]): Storage {
  return {
    ...storage,
    put: (key, body, host) => {
      calls.push(`put ${storage.label} ${key}`)
      return storage.put(key, body, host)
    },
    get: (key, host, options) => {
      calls.push(`get ${storage.label} ${key}`)
      return storage.get(key, host, options)
    },
    delete: (key, host) => {
      calls.push(`delete ${storage.label} ${key}`)
      return storage.delete(key, host)
    },
  }
}
