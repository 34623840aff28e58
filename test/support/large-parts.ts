import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { Host, Storage } from 'dbvault'
import type { TestHost } from 'dbvault/testing'
import type { Fault, HttpProxy, SeenRequest } from './http-proxy.ts'

const MiB = 1024 ** 2
/** Two of them would be more than all parts in memory may be. */
const PART = 40 * MiB
const BYTES = PART + 8 * MiB

/** What ends the attempt to send a part while most of it is still in its file. */
const FAULTS: readonly (readonly [string, Fault])[] = [
  ['the connection breaks in its middle', { cutRequestAfter: 3 * MiB }],
  ['the server answers 503 before it has read it', { answer: 503, early: true }],
  ['the answer is lost', { loseAnswer: true }],
]

export interface LargePartCase {
  readonly storage: Storage
  readonly host: TestHost
  readonly proxy: HttpProxy
}

/** Defines the tests: an upload whose parts are too large for memory, as those of hundreds of gigabytes are at their end. */
export function sendsLargePartsAgain(isFirstPart: (request: SeenRequest) => boolean, now: () => LargePartCase): void {
  for (const [what, fault] of FAULTS) {
    it(`sends a part that waits in a file again, without a word of its client's, when ${what}`, async () => {
      const { storage, host, proxy } = now()
      using said = hearConsole()
      proxy.plant(isFirstPart, fault, 2)
      const before = proxy.requests.length
      await storage.put('folder/large', body(), withLargeParts(host))
      const sent = proxy.requests.slice(before).filter(isFirstPart)
      assert.equal(sent.length, 3)
      assert.equal(host.events.filter(({ kind }) => kind === 'retry').length, 2)
      assert.deepEqual(said.lines, [])
      await isWhole(await storage.get('folder/large', host))
    })
  }
}

function withLargeParts(host: Host): Host {
  return {
    ...host,
    upload: (bytes, steps) =>
      host.upload(bytes, {
        ...steps,
        limits: { ...steps.limits, firstBytes: PART, maxParts: Number.POSITIVE_INFINITY },
      }),
  }
}

function* pieces(): Generator<Buffer> {
  for (let number = 0; number < BYTES / MiB; number++) yield Buffer.alloc(MiB, number)
}

const body = (): Readable => Readable.from(pieces(), { objectMode: false })

async function isWhole(stream: Readable): Promise<void> {
  const ended = once(stream, 'end')
  let at = 0
  stream.on('data', (chunk: Buffer) => {
    for (let from = 0; from < chunk.length;) {
      const piece = chunk.subarray(from, from + MiB - (at % MiB))
      assert.ok(piece.equals(Buffer.alloc(piece.length, Math.floor(at / MiB))), `what stands at ${at}`)
      at += piece.length
      from += piece.length
    }
  })
  await ended
  assert.equal(at, BYTES)
}

function hearConsole(): Disposable & { readonly lines: readonly unknown[] } {
  const { warn, error } = console
  const lines: unknown[] = []
  console.warn = console.error = (...words: unknown[]) => void lines.push(words)
  return { lines, [Symbol.dispose]: () => void Object.assign(console, { warn, error }) }
}
