import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'
import type { Bytes, Stage } from '../../../src/pipeline/bytes.ts'

/** `bytes` in chunks of `size`. */
export async function* inChunks(bytes: Uint8Array, size = 65_536): Bytes {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export async function collect(flow: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of flow) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export const through = (stage: Stage, bytes: Uint8Array, chunkSize?: number): Promise<Buffer> =>
  collect(stage(inChunks(bytes, chunkSize)))

/** What a real tool makes of `input`; fails the test when the tool does. */
export async function tool(command: string, args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const { stdin, stdout, stderr } = child
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  // A tool that stops reading early says why by its exit code.
  stdin.on('error', () => undefined)
  stdin.end(input)
  const [output, complaint, code] = await Promise.all([collect(stdout), collect(stderr), closed])
  assert.equal(code, 0, `${command} ${args.join(' ')}: ${complaint.toString()}`)
  return output
}

export const isCorrupt = (error: unknown): boolean => DbvaultError.is(error) && error.code === 'ARTIFACT_CORRUPT'

let lines = Buffer.alloc(0)

/** Text that compresses, of exactly `size` bytes, with no two parts alike. Not to be written to. */
export function text(size: number): Buffer {
  if (lines.length < size) {
    const rows: string[] = []
    for (let row = 0, length = 0; length < size; row++) {
      const line = `${row}\t${(row * 2_654_435_761) % 4_294_967_296}\tpaid\n`
      length += line.length
      rows.push(line)
    }
    lines = Buffer.from(rows.join(''), 'latin1')
  }
  return lines.subarray(0, size)
}

/** Every kind of content that has tripped a compressor. `block` is what the stage under test works on at once. */
export const contents = (block: number): Record<string, Buffer> => ({
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  'a byte less than a block': text(block - 1),
  'a block': text(block),
  'a byte more than a block': text(block + 1),
  'many blocks': text(block * 5 + 12_345),
  'bytes that cannot be compressed': randomBytes(block * 2 + 77),
  'nothing but zeros': Buffer.alloc(block * 3),
})
