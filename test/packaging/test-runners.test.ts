import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { Published, run } from './published.ts'

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const NEEDED = ['mocha@12.0.3', 'vitest@5.1.1', 'typescript@7.0.2', '@types/node@24.19.2']

const KINDS = ['engine', 'storage'] as const

/** What an author writes to have the questions asked by a runner: the import, a test, a test that is skipped. */
const RUNNERS = {
  mocha: ["import { describe, it } from 'mocha'", 'it(name, run).timeout(60_000)', 'it(`${name} (${excused})`)'],
  vitest: [
    "import { describe, it } from 'vitest'",
    'it(name, run, 60_000)',
    'it.skip(`${name} (${excused})`, () => {})',
  ],
} as const

function testFile(kind: (typeof KINDS)[number], [imports, asked, skipped]: readonly string[]): string {
  return `${imports}
import { ${kind}Conformance } from 'dbvault/testing'
import { harness } from './harness.ts'

describe('the ${kind}', () => {
  for (const { name, excused, run } of ${kind}Conformance(harness)) {
    if (excused === undefined) ${asked}
    else ${skipped}
  }
})
`
}

describe('the published conformance suites, outside of the workspace', function () {
  this.timeout(600_000)
  let published: Published
  let home: string

  before(async () => {
    published = await Published.pack()
    home = join(published.folder, 'author')
    await mkdir(home)
    await writeFile(join(home, 'package.json'), '{ "private": true, "type": "module" }')
    const packed = published.tarballs.filter(({ comesAlong }) => comesAlong).map(({ path }) => path)
    await succeeds(home, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packed, ...NEEDED)
    for (const kind of KINDS) {
      await succeeds(home, process.execPath, BIN, 'plugins', 'create', `dbvault-${kind}-rows`, '-o', kind)
      await succeeds(join(home, kind), 'npm', 'run', 'build')
      for (const [runner, lines] of Object.entries(RUNNERS)) {
        await writeFile(join(home, kind, `test/with-${runner}.test.ts`), testFile(kind, lines))
      }
    }
  })
  after(() => published[Symbol.asyncDispose]())

  async function succeeds(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config_)|DBVAULT_|INIT_CWD$)/.test(name),
    )
    const env = { ...Object.fromEntries(inherited), HOME: home, XDG_DATA_HOME: join(home, 'data') }
    const { code, stdout, stderr } = await run(program, args, { cwd, env })
    assert.equal(code, 0, `${program} ${args.join(' ')}: ${stderr}\n${stdout}`)
    return stdout
  }

  /** How many questions were answered rightly, and how many not asked; each runner has to have as many. */
  const counts = { engine: new Set<string>(), storage: new Set<string>() }

  for (const kind of KINDS) {
    it(`are asked of ${kind === 'engine' ? 'an engine' : 'a storage'} by mocha`, async () => {
      const argv = ['--no-install', 'mocha', '--reporter', 'json', 'test/with-mocha.test.ts']
      const { stats } = JSON.parse(await succeeds(join(home, kind), 'npx', ...argv)) as {
        stats: { passes: number; pending: number; failures: number }
      }
      assert.equal(stats.failures, 0)
      assert.ok(stats.passes > 30, String(stats.passes))
      counts[kind].add(`${stats.passes} and ${stats.pending}`)
      assert.equal(counts[kind].size, 1, [...counts[kind]].join(', '))
    })

    it(`are asked of ${kind === 'engine' ? 'an engine' : 'a storage'} by vitest`, async () => {
      const file = join(home, kind, 'report.json')
      const argv = ['--reporter', 'json', '--outputFile', file, 'test/with-vitest.test.ts']
      await succeeds(join(home, kind), 'npx', '--no-install', 'vitest', 'run', ...argv)
      const report = JSON.parse(await readFile(file, 'utf8')) as {
        numPassedTests: number
        numPendingTests: number
        numFailedTests: number
      }
      assert.equal(report.numFailedTests, 0)
      assert.ok(report.numPassedTests > 30, String(report.numPassedTests))
      counts[kind].add(`${report.numPassedTests} and ${report.numPendingTests}`)
      assert.equal(counts[kind].size, 1, [...counts[kind]].join(', '))
    })
  }
})
