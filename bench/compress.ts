/**
 * How fast the compression stages are beside `pigz` and `zstd`, and how much memory they take. Build first: what is
 * measured is what is published. `node bench/compress.ts [megabytes] [runs]`, 500 and 3 by default.
 */
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { sqlText } from './text-sample.ts'

const STAGES = new URL('../dist/pipeline/compress/compression.js', import.meta.url).href

/** A stage in a process of its own, from file to file; tells its peak RSS in KiB. */
const STAGE_PROGRAM = `
  import { createReadStream, createWriteStream } from 'node:fs'
  import { pipeline } from 'node:stream/promises'
  import { compressions } from '${STAGES}'
  const [name, input, output] = process.argv.slice(1)
  const { compress, levels } = compressions[name]
  const source = createReadStream(input, { highWaterMark: 65536 })
  await pipeline(source, compress(levels.default), createWriteStream(output))
  console.log(process.resourceUsage().maxRSS)
`

interface Contender {
  readonly name: string
  /** For the shell, with the input in $1 and the output in $2. */
  readonly command: string
}

const stage = (name: string): Contender => ({
  name: `dbvault ${name}`,
  command: `'${process.execPath}' --input-type=module -e "$STAGE_PROGRAM" ${name} "$1" "$2"`,
})

const tool = (command: string): Contender => ({ name: command, command: `${command} -c "$1" > "$2"` })

/** Who is measured against whom, and the most time the first may take as a share of the second's. */
const RACES = [
  { ours: stage('gzip'), theirs: tool('pigz -6'), goal: 0.9 },
  { ours: stage('zstd'), theirs: tool('zstd -q -3 -T2'), goal: 1.4 },
]

interface Run {
  readonly seconds: number
  /** User and system time of all threads: what is left to compare by on a busy machine. */
  readonly cpuSeconds: number
  readonly bytes: number
  /** Peak, in MB; only the stages tell it. */
  readonly rss: number
}

async function run({ command }: Contender, input: string, output: string): Promise<Run> {
  const started = performance.now()
  // `times` ends with a line of what the children took, such as 0m6.68s 0m0.20s.
  const { stdout } = await promisify(execFile)('sh', ['-c', `${command}; times`, 'sh', input, output], {
    env: { ...process.env, STAGE_PROGRAM },
  })
  const seconds = (performance.now() - started) / 1000
  const times = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].slice(-2)
  return {
    seconds,
    cpuSeconds: times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0),
    bytes: (await stat(output)).size,
    rss: (Number(/^\d+$/m.exec(stdout)?.[0]) * 1024) / 1e6,
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN

const [megabytes = 500, runs = 3] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'bench-compress-'))
try {
  const input = join(folder, 'sample.sql')
  const output = join(folder, 'output')
  await pipeline(Readable.from(sqlText(megabytes * 1e6)), createWriteStream(input))
  const { size } = await stat(input)

  const table: Record<string, string | number>[] = []
  for (const { ours, theirs, goal } of RACES) {
    const results = new Map<Contender, Run[]>([ours, theirs].map((contender) => [contender, []]))
    // By turns, so that whatever else the machine does burdens both alike.
    for (let turn = 0; turn < runs; turn++)
      for (const [contender, done] of results) done.push(await run(contender, input, output))

    const medianOf = (contender: Contender, of: 'seconds' | 'cpuSeconds'): number =>
      median((results.get(contender) ?? []).map((one) => one[of]))
    for (const [contender, done] of results)
      table.push({
        contender: contender.name,
        seconds: medianOf(contender, 'seconds').toFixed(2),
        'MB/s': Math.round(size / 1e6 / medianOf(contender, 'seconds')),
        'output %': (((done[0]?.bytes ?? NaN) / size) * 100).toFixed(1),
        'CPU seconds': medianOf(contender, 'cpuSeconds').toFixed(2),
        ratio: contender === ours ? (medianOf(ours, 'seconds') / medianOf(theirs, 'seconds')).toFixed(2) : '',
        goal: contender === ours ? goal : '',
        'peak RSS MB': contender === ours ? Math.round(Math.max(...done.map((one) => one.rss))) : '',
      })
  }
  console.table(table)
} finally {
  await rm(folder, { recursive: true, force: true })
}
