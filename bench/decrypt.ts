/**
 * Times the decryption of one Fernet file, both passes, into a file, against Python's `cryptography`, each in a fresh
 * process and in turn: node bench/decrypt.ts [MB] [rounds]. Set DBVAULT_TEST_PYTHON to a Python that has `cryptography`.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bytes } from '../src/pipeline/bytes.ts'
import { encryptFernet } from '../src/pipeline/encrypt/fernet.ts'
import { generateFernetKey, parseFernetKey } from '../src/pipeline/encrypt/fernet-key.ts'
import { openFernet } from '../src/pipeline/encrypt/fernet-reader.ts'

const MB = 1_000_000
const READ_BYTES = 256 * 1024
const WRITE_BUFFER_BYTES = 1024 * 1024
const run = promisify(execFile)

interface Measured {
  readonly seconds: number
  readonly peakMb: number
}

async function main(megabytes: number, rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dbvault-bench-'))
  try {
    const key = generateFernetKey()
    const artifact = join(folder, 'artifact.enc')
    const output = join(folder, 'plaintext')
    await pipeline(encryptFernet(parseFernetKey(key))(plaintext(megabytes)), createWriteStream(artifact))
    const contenders = {
      dbvault: [process.execPath, fileURLToPath(import.meta.url), '--decrypt'],
      python: [process.env['DBVAULT_TEST_PYTHON'] ?? 'python3', fileURLToPath(new URL('decrypt.py', import.meta.url))],
    }
    const results: Record<keyof typeof contenders, Measured[]> = { dbvault: [], python: [] }
    for (let round = 0; round < rounds; round += 1) {
      for (const name of ['dbvault', 'python'] as const) {
        results[name].push(await measure([...contenders[name], artifact, output, key]))
        await rm(output)
      }
    }
    report(megabytes, results)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function* plaintext(megabytes: number): Bytes {
  const block = randomBytes(MB)
  for (let count = 0; count < megabytes; count += 1) yield block
}

async function measure([program, ...args]: string[]): Promise<Measured> {
  const start = performance.now()
  const { stdout } = await run(program!, args)
  return { seconds: (performance.now() - start) / 1000, peakMb: (Number(stdout) * 1024) / MB }
}

function report(megabytes: number, results: Record<string, Measured[]>): void {
  const medians: number[] = []
  for (const [name, runs] of Object.entries(results)) {
    const seconds = median(runs.map((one) => one.seconds))
    medians.push(seconds)
    const all = runs.map((one) => one.seconds.toFixed(2)).join(' ')
    const peak = Math.max(...runs.map((one) => one.peakMb)).toFixed(0)
    console.log(
      `${name.padEnd(8)} median ${seconds.toFixed(2)} s of ${all}, ${(megabytes / seconds).toFixed(0)} MB/s, peak ${peak} MB`,
    )
  }
  console.log(`ratio ${(medians[0]! / medians[1]!).toFixed(2)}`)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

async function decrypt(artifact: string, output: string, key: string): Promise<void> {
  const open = (): Bytes => createReadStream(artifact, { highWaterMark: READ_BYTES })
  await pipeline(
    openFernet(parseFernetKey(key), open),
    createWriteStream(output, { highWaterMark: WRITE_BUFFER_BYTES }),
  )
  console.log(process.resourceUsage().maxRSS)
}

const args = process.argv.slice(2)
if (args[0] === '--decrypt') await decrypt(args[1]!, args[2]!, args[3]!)
else await main(Number(args[0] ?? 500), Number(args[1] ?? 5))
