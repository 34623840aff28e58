import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, it } from 'mocha'

type Rule = 'layers' | 'vendor-names'

describe('the lint rules of this repository', () => {
  let root: string

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dbvault-lint-'))
  })
  afterEach(() => rm(root, { recursive: true }))

  for (const [file, source, complaint] of [
    ['src/host/a.ts', "import { b } from '../operations/b.ts'", 'host must not import operations'],
    ['src/host/a.ts', "import {\n  type B,\n  b,\n} from '../cli/b.ts'", 'host must not import cli'],
    ['src/host/a.ts', "import '../commands/b.ts'", 'host must not import commands'],
    ['src/host/a.ts', "export * from '../registry/b.ts'", 'host must not import registry'],
    ['src/host/a.ts', "const b = await import('../catalog/b.ts')", 'host must not import catalog'],
    ['src/pipeline/deep/a.ts', "import type { B } from '../../catalog/b.ts'", 'pipeline must not import catalog'],
    ['src/catalog/a.ts', "import type { B } from '../pipeline/b.ts'", 'catalog must not import pipeline'],
    ['src/contract/a.ts', "import { b } from '../errors/b.ts'", 'contract may import only types from errors'],
    ['src/render/a.ts', "import { b } from '../operations/b.ts'", 'render may import only types from operations'],
    ['src/testing/a.ts', "import { b } from '../pipeline/b.ts'", 'testing must not import pipeline'],
    ['src/extra/a.ts', "import { b } from '../host/b.ts'", 'extra has no place among the layers'],
    ['src/host/a.ts', "import { b } from '../../plugins/engine-x/src/b.ts'", 'host must not import plugins/engine-x'],
    ['src/registry/a.ts', "import x from '@dbvault/engine-x'", 'the core finds plugins when it runs'],
    ['plugins/engine-x/src/a.ts', "import { backup } from 'dbvault'", 'a plugin may import only types from dbvault'],
    ['plugins/engine-x/src/a.ts', "import { testHost } from 'dbvault/testing'", "is not for a plugin's source"],
    ['plugins/engine-x/src/a.ts', "import type { B } from '../../../src/index.ts'", 'must not reach outside'],
    ['plugins/engine-x/src/a.ts', "import { b } from '../../../test/support/b.ts'", 'must not reach outside'],
    ['plugins/engine-x/test/a.ts', "import { b } from '../../../src/index.ts'", 'must not reach outside'],
  ] as const) {
    it(`layers: refuses ${JSON.stringify(source)} in ${file}`, async () => {
      await put(file, `${source}\n`)
      const { code, stderr } = await run('layers', root)
      assert.equal(code, 1)
      assert.ok(stderr.startsWith(`${file}:1: `) && stderr.includes(complaint), stderr)
    })
  }

  it('layers: accepts what goes down, types where only types may go, and examples in comments', async () => {
    await put('src/commands/a.ts', "import { b } from '../operations/b.ts'\nimport { c } from './c.ts'\n")
    await put('src/render/a.ts', "import type { B } from '../operations/b.ts'\n")
    await put(
      'src/registry/a.ts',
      "/**\n * import x from '@dbvault/engine-x'\n * const b = import('../cli/b.ts')\n */\n",
    )
    await put('plugins/engine-x/src/a.ts', "import type { Engine } from 'dbvault'\nimport { b } from './b.ts'\n")
    await put('plugins/engine-x/test/a.test.ts', "import { testHost } from 'dbvault/testing'\n")
    await put('plugins/engine-x/test/b.test.ts', "import { needs } from '../../../test/support/tools.ts'\n")
    assert.deepEqual(await run('layers', root), { code: 0, stderr: '' })
  })

  for (const line of [
    "if (engine === 'postgres') {",
    'const MySqlPort = 3306',
    "scheme: 's3'",
    'const GCS_BUCKET = 1',
  ]) {
    it(`names: refuses ${line}`, async () => {
      await put('src/cli/a.ts', `${line}\n`)
      const { code, stderr } = await run('vendor-names', root)
      assert.equal(code, 1)
      assert.match(stderr, /^src\/cli\/a\.ts:1: the core must not know of/)
    })
  }

  it("names: accepts a comment and an example in a command's help", async () => {
    await put('src/a.ts', '/** Such as `s3`. */\n/*\n * sqlite\n */\nconst a = 1 // as Redis does\n')
    await put('src/commands/a.ts', "    '<%= config.bin %> backup --db sqlite -D shop.db',\n")
    assert.deepEqual(await run('vendor-names', root), { code: 0, stderr: '' })
  })

  async function put(file: string, content: string): Promise<void> {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), content)
  }
})

async function run(rule: Rule, root: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [`tools/lint/${rule}.ts`, root], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = new Promise<number | null>((resolve) => void child.on('close', resolve))
  return { stderr: await text(child.stderr), code: await closed }
}
