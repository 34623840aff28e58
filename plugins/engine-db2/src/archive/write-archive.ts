import type { Host } from 'dbvault'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createTarPacker } from 'modern-tar'
import { abortable } from '../abortable.ts'
import { INDEX_NAME } from '../descriptor.ts'
import type { ImageIndex, Part } from './image-index.ts'
import { DIGESTS_NAME } from './layout.ts'

type Packer = ReturnType<typeof createTarPacker>['controller']

const READ_BYTES = 1024 * 1024

/**
 * The files of an image below `directory` as one tar.
 * @throws DUMP_INCOMPLETE when a file has not the size that the index tells
 */
export async function* writeArchive(index: ImageIndex, directory: string, host: Host): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker()
  const packing = pack(controller, index, directory, host).catch((error: unknown) => controller.error(error))
  try {
    yield* abortable(readable as AsyncIterable<Uint8Array>, host.signal)
  } finally {
    // Whoever reads may have stopped in the middle: then the packer waits for room that never comes.
    controller.error(host.error('INTERRUPTED', 'The dump was ended before its end'))
    await packing
  }
}

async function pack(controller: Packer, index: ImageIndex, directory: string, host: Host): Promise<void> {
  const digests: { name: string; sha256: string }[] = []
  const made = madeAt(index)
  await text(controller, INDEX_NAME, index, made)
  for (const part of index.parts) {
    const sha256 = await file(controller, part, directory, made, host)
    digests.push({ name: part.name, sha256 })
  }
  await text(controller, DIGESTS_NAME, digests, made)
  controller.finalize()
}

async function text(controller: Packer, name: string, value: unknown, mtime: Date): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`)
  const writer = controller.add({ name, size: bytes.length, mtime, mode: 0o600 }).getWriter()
  await writer.write(bytes)
  await writer.close()
}

async function file(
  controller: Packer,
  { name, bytes }: Part,
  directory: string,
  mtime: Date,
  host: Host,
): Promise<string> {
  const hash = createHash('sha256')
  const writer = controller.add({ name, size: bytes, mtime, mode: 0o600 }).getWriter()
  // The packer's own error comes to each write as well.
  writer.closed.catch(() => {})
  let length = 0
  const wrong = (): Error => host.error('DUMP_INCOMPLETE', `The image ${name} changed its size while it was read`)
  for await (const chunk of createReadStream(join(directory, name), { highWaterMark: READ_BYTES })) {
    const block = chunk as Buffer
    length += block.length
    if (length > bytes) throw wrong()
    hash.update(block)
    await writer.write(block)
  }
  if (length !== bytes) throw wrong()
  await writer.close()
  return hash.digest('hex')
}

/** The same image makes the same tar. */
function madeAt({ timestamp }: ImageIndex): Date {
  const [year = 0, month = 1, ...rest] = [0, 4, 6, 8, 10, 12].map((at) =>
    Number(timestamp.slice(at, at === 0 ? 4 : at + 2)),
  )
  return new Date(Date.UTC(year, month - 1, ...rest))
}
