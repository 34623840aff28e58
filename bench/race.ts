import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A command for the shell, run from start to end in a process of its own. */
export interface Contender {
  readonly name: string
  readonly command: string
  /** Removed before every run. */
  readonly leaves?: readonly string[]
}

export interface Measured {
  readonly seconds: number
  /** User and system time of the command and all that it started. */
  readonly cpuSeconds: number
  /** Largest resident set of any one process of it, in MB (10^6 bytes). */
  readonly peakMb: number
}

const MARK = 'measured:'

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
async function measure({ name, command, leaves = [] }: Contender): Promise<Measured> {
  for (const path of leaves) await rm(path, { recursive: true, force: true })
  const started = performance.now()
  try {
    const { stderr } = await promisify(execFile)('/usr/bin/time', ['-f', `${MARK} %U %S %M`, 'sh', '-c', command])
    const seconds = (performance.now() - started) / 1000
    const [user = NaN, system = NaN, kib = NaN] = (stderr.split(MARK).at(-1) ?? '').trim().split(' ').map(Number)
    return { seconds, cpuSeconds: user + system, peakMb: (kib * 1024) / 1e6 }
  } catch (error) {
    throw new Error(`${name} failed`, { cause: error })
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN
}
