import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const PYTHON = process.env['DBVAULT_TEST_PYTHON'] ?? 'python3'

export interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end, whatever its exit code. */
export async function run(
  program: string,
  args: readonly string[],
  input: Uint8Array = Buffer.alloc(0),
): Promise<Ended> {
  const child = spawn(program, args)
  // A program that judges by the start alone closes its input early.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), ended])
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }
}

/** Runs a program that has to succeed. */
export async function output(program: string, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const { code, stdout, stderr } = await run(program, args, input)
  if (code !== 0) throw new Error(`${program} exited with ${code}: ${stderr}`)
  return stdout
}

/** A new folder that is gone when the block is left. */
export async function folder(): Promise<AsyncDisposable & { path(name: string): string }> {
  const root = await mkdtemp(join(tmpdir(), 'dbvault-test-'))
  return {
    path: (name) => join(root, name),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
}
