import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A command for the shell, run from start to end in a process of its own. */
export interface Contender {
  readonly name: string
  readonly command: string
  /** Removed before every run. */
  readonly leaves?: readonly string[]
  /** Run before every run, outside of its time. */
  readonly prepare?: string
}

export interface Measured {
  readonly seconds: number
  /** User and system time of the command and all that it started. */
  readonly cpuSeconds: number
  /** Largest resident set of the process that ran `own-peak.js`, or else of any one process, in MB (10^6 bytes). */
  readonly peakMb: number
}

const MARK = 'measured:'
const run = promisify(execFile)

/** Runs the contenders in turn, so that whatever else the machine does burdens all alike; medians of the runs. */
export async function race<const T extends readonly Contender[]>(
  contenders: T,
  runs: number,
): Promise<{ [K in keyof T]: Measured }> {
  const all: Measured[][] = contenders.map(() => [])
  for (let turn = 0; turn < runs; turn += 1) {
    for (const [index, contender] of contenders.entries()) all[index]?.push(await measure(contender))
  }
  return all.map((measured) => ({
    seconds: median(measured.map((one) => one.seconds)),
    cpuSeconds: median(measured.map((one) => one.cpuSeconds)),
    peakMb: Math.max(...measured.map((one) => one.peakMb)),
  })) as { [K in keyof T]: Measured }
}

/** By GNU time, which asks the kernel about the finished process. */
async function measure({ name, command, leaves = [], prepare }: Contender): Promise<Measured> {
  const peakFile = join(tmpdir(), `bench-peak-${process.pid}`)
  for (const path of [...leaves, peakFile]) await rm(path, { recursive: true, force: true })
  try {
    if (prepare !== undefined) await run('sh', ['-c', prepare])
    const started = performance.now()
    const env = { ...process.env, BENCH_PEAK_FILE: peakFile }
    const { stderr } = await run('/usr/bin/time', ['-f', `${MARK} %U %S %M`, 'sh', '-c', command], { env })
    const seconds = (performance.now() - started) / 1000
    const [user = NaN, system = NaN, kib = NaN] = (stderr.split(MARK).at(-1) ?? '').trim().split(' ').map(Number)
    const own = Number(await readFile(peakFile, 'utf8').catch(() => kib))
    return { seconds, cpuSeconds: user + system, peakMb: (own * 1024) / 1e6 }
  } catch (error) {
    throw new Error(`${name} failed`, { cause: error })
  } finally {
    await rm(peakFile, { force: true })
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN
}
