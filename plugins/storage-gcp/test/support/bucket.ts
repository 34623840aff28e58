import { randomBytes } from 'node:crypto'
import type { FlagValues, Storage } from 'dbvault'
import { testHost } from 'dbvault/testing'
import { sharedGcs } from '../../../../test/servers/gcs.ts'
import type { Flags } from '../../src/descriptor.ts'
import gcp from '../../src/index.ts'

/** A new bucket, seen through the plugin and from beside it. */
export interface TestBucket {
  readonly name: string
  readonly endpoint: string
  /** Opens the bucket with the plugin. */
  open(flags?: Partial<FlagValues<Flags>>): Promise<Storage>
  /** What the server itself says at a path below that of the bucket, such as `/o/key`. */
  ask(path: string): Promise<Record<string, unknown>>
  /** Names of all objects, old versions included. */
  left(): Promise<readonly string[]>
}

export const NO_FLAGS: FlagValues<Flags> = {
  bucket: '',
  blob: undefined,
  endpoint: undefined,
  project: undefined,
  'storage-class': undefined,
  'kms-key': undefined,
}

export async function makeBucket(settings: Readonly<Record<string, unknown>> = {}): Promise<TestBucket> {
  const { endpoint } = await sharedGcs()
  const name = `test-${randomBytes(6).toString('hex')}`
  const made = await fetch(`${endpoint}/storage/v1/b?project=test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, ...settings }),
  })
  if (!made.ok) throw new Error(`no bucket: ${made.status} ${await made.text()}`)
  const ask = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${endpoint}/storage/v1/b/${name}${path}`)).json()) as Record<string, unknown>
  return {
    name,
    endpoint,
    ask,
    async open(flags = {}) {
      await using host = testHost()
      return await gcp.open({ ...NO_FLAGS, bucket: name, endpoint, ...flags }, host)
    },
    async left() {
      const { items = [] } = (await ask('/o?versions=true')) as { items?: readonly { name: string }[] }
      return items.map((item) => item.name).sort()
    },
  }
}
