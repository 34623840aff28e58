/**
 * Runs the tests and ends with one line, `N passed, N failed, N skipped`. Everything is built already; what the tests use
 * beside npm's packages is brought first, where that is allowed. With DBVAULT_REQUIRE_ALL a test that is skipped fails the
 * run, unless its title says why it cannot be asked. `node tools/test/run.ts [--mocha-option=value…] [files…]`, all of
 * the files when none is named, in lanes side by side; DBVAULT_TEST_LANES says how many, one for each processor if it does not.
 */
import { spawn, type SpawnOptions } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { open, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { TOOLS, type Tool } from '../../test/support/tools.ts'
import type { Totals } from './reporter.ts'

/** How long a process may go on after its last test. What keeps it from its end is a failure, and would be waited for until CI gives up. */
const LINGER_MS = 60_000
const EXCUSED = /\((cannot be asked|not asked): .+\)$/

process.chdir(join(import.meta.dirname, '../..'))
const requireAll = Boolean(process.env['DBVAULT_REQUIRE_ALL'])

if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) await run('test/servers/install', [])
const missing = (Object.keys(TOOLS) as Tool[]).filter((tool) => !TOOLS[tool]())
for (const tool of missing) console.log(`not here: ${tool}; the suites that need it are left out`)

const { files = [], options = [] } = Object.groupBy(process.argv.slice(2), (word) =>
  word.startsWith('-') ? 'options' : 'files',
)
const lanes = files.length > 0 ? [[...options, ...files]] : (await allFiles()).map((lane) => [...options, ...lane])
const { passed, skipped, failures, ...totals } = sum(
  await (lanes.length === 1 ? Promise.all(lanes.map((lane) => mocha(lane))) : sideBySide(lanes)),
)
const failed = totals.failed + (requireAll ? missing.length : 0)

const unexcused = skipped.filter((title) => !EXCUSED.test(title))
for (const failure of failures) console.log(`failed: ${failure}`)
for (const title of unexcused) console.log(`skipped: ${title}`)
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
const nothingRan = passed + failed === 0
if (failed > 0 || nothingRan || (requireAll && unexcused.length > 0)) process.exitCode = 1

/** What has servers of its own to start runs as one; the longest first. */
async function allFiles(): Promise<string[][]> {
  const plugins = (await readdir('plugins')).map((name) => [`plugins/${name}/test/**/*.test.ts`])
  return [['test/end-to-end/**/*.test.ts'], ['test/**/*.test.ts', '--ignore=test/end-to-end/**'], ...plugins]
}

/** A lane is shown as a whole when it has ended. */
async function sideBySide(lanes: readonly string[][]): Promise<Totals[]> {
  const limit = pLimit(Number(process.env['DBVAULT_TEST_LANES']) || availableParallelism())
  const folder = await mkdtemp(join(tmpdir(), 'test-lanes-'))
  try {
    return await Promise.all(
      lanes.map((lane, index) =>
        limit(async () => {
          const started = performance.now()
          console.log(`running ${lane.join(' ')}`)
          const file = join(folder, String(index))
          await using output = await open(file, 'w')
          const totals = await mocha(lane, { stdio: ['ignore', output.fd, output.fd] })
          const seconds = ((performance.now() - started) / 1000).toFixed(0)
          console.log(`\n${await readFile(file, 'utf8')}\nran ${lane.join(' ')} in ${seconds} s`)
          return totals
        }),
      ),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

function sum(all: readonly Totals[]): Totals {
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failed: all.reduce((total, { failed }) => total + failed, 0),
    failures: all.flatMap(({ failures }) => failures),
    skipped: all.flatMap(({ skipped }) => skipped),
  }
}

async function mocha(args: readonly string[], options: SpawnOptions = {}): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'dbvault-totals-'))
  const file = join(folder, 'totals.json')
  const stop = new AbortController()
  let lingering: NodeJS.Timeout | undefined
  using _ = closing(watch(folder, () => (lingering ??= setTimeout(() => stop.abort(), LINGER_MS))))
  try {
    const program = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
    const all = [program, '--reporter', './tools/test/reporter.ts', ...args]
    const env = { ...process.env, DBVAULT_TEST_TOTALS: file }
    const code = await run(process.execPath, all, { ...options, env, signal: stop.signal, killSignal: 'SIGKILL' })
    if (stop.signal.aborted) console.log(`did not end ${LINGER_MS / 1000} s after its last test: ${args.join(' ')}`)
    const totals = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Totals,
      () => neverEnded(args),
    )
    // Whatever mocha does not count, such as an exception between tests, still shows in its exit code.
    return code === 0 || totals.failed > 0 ? totals : { ...totals, failed: 1, failures: [notATest(args)] }
  } finally {
    clearTimeout(lingering)
    await rm(folder, { recursive: true })
  }
}

function closing(watcher: { close(): void }): Disposable {
  return { [Symbol.dispose]: () => watcher.close() }
}

function neverEnded(args: readonly string[]): Totals {
  return { passed: 0, failed: 1, failures: [notATest(args)], skipped: [] }
}

async function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<number | null> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  return new Promise((resolve, reject) => {
    child.on('error', (error) => error.name === 'AbortError' || reject(error)).on('close', resolve)
  })
}

function notATest(args: readonly string[]): string {
  return `outside the tests of ${args.join(' ')}`
}
