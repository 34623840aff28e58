import type { Bytes } from '../bytes.ts'

/** Joins a flow that is known to be small (a sealed value of a manifest), never a dump. */
export async function collect(source: Bytes): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source))
}
