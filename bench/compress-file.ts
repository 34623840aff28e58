/** `compress-file.ts gzip|zstd INPUT OUTPUT`: one stage as it is published, from file to file, in a process of its own. */
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Compression, compressions as Compressions } from '../src/pipeline/compress/compression.ts'

const built = new URL('../dist/pipeline/compress/compression.js', import.meta.url).href
const { compressions } = (await import(built)) as { compressions: typeof Compressions }
const [name, input, output] = process.argv.slice(2) as [Compression, string, string]
const { compress, levels } = compressions[name]
await pipeline(createReadStream(input, { highWaterMark: 65_536 }), compress(levels.default), createWriteStream(output))
