/**
 * The compression stages against `pigz` and `zstd`, from file to file. Build first: what is measured is what is
 * published. `node bench/compress.ts [megabytes] [runs]`, 500 and 3 by default.
 */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { Figures } from './figures.ts'
import type { Contender } from './race.ts'
import { sqlText } from './text-sample.ts'

const [megabytes = 500, runs = 3] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'bench-compress-'))
const input = join(folder, 'sample.sql')
const output = join(folder, 'output')

const stage = (name: string): Contender => ({
  name,
  command: `'${process.execPath}' '${fileURLToPath(new URL('compress-file.ts', import.meta.url))}' ${name} '${input}' '${output}'`,
})
const tool = (command: string): Contender => ({ name: command, command: `${command} -c '${input}' > '${output}'` })

const figures = new Figures()
try {
  await pipeline(Readable.from(sqlText(megabytes * 1e6)), createWriteStream(input))
  await figures.compare('gzip stage, pigz -6', stage('gzip'), tool('pigz -6'), 0.9, runs)
  await figures.compare('zstd stage, zstd -3 -T2', stage('zstd'), tool('zstd -q -3 -T2'), 1.4, runs)
} finally {
  await rm(folder, { recursive: true, force: true })
}
figures.print()
