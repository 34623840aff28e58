import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'
const FOLDER = 'dbvault-storage-folder'

/** The package.json of a hostile plugin: that of the sound engine under another name, with some fields replaced. */
async function hostile(fields: object, dbvault: object = {}): Promise<Record<string, string>> {
  const file = new URL(`../fixtures/plugins/${LINES}/package.json`, import.meta.url)
  const pjson = JSON.parse(await readFile(file, 'utf8')) as { dbvault: object }
  const descriptor = { ...pjson.dbvault, name: 'bad', ...dbvault }
  return { 'package.json': JSON.stringify({ ...pjson, name: 'hostile', ...fields, dbvault: descriptor }) }
}

/** Does everything that a bad plugin must not break, and returns what stderr said on each run. */
async function liveOn(user: User): Promise<readonly string[]> {
  await writeFile(user.path('rows.txt'), 'one\ntwo\n')
  const commandLines = [
    ['--help'],
    ['backup', '--help'],
    ['backup', '--db', 'lines', '-D', 'rows.txt', '-o', 'out', '--quiet'],
    ['plugins'],
  ]
  const runs = await Promise.all(commandLines.map(async (argv) => user.run(argv)))
  for (const { exit, stderr } of runs) assert.equal(exit, 0, stderr)
  assert.match(runs[0]?.stdout ?? '', /COMMANDS/)
  assert.match(runs[1]?.stdout ?? '', /--lines-encoding/)
  assert.match(runs[2]?.stdout ?? '', /proven/)
  return runs.map(({ stderr }) => stderr)
}

async function remove(user: User): Promise<void> {
  const { exit, stderr } = await user.run(['plugins', 'unlink', 'hostile'])
  assert.equal(exit, 0, stderr)
  const { stdout } = await user.run(['plugins'])
  assert.doesNotMatch(stdout, /hostile/)
}

const runnable = (code: string): Record<string, string> => ({ 'code.js': `${code}\n` })
const hook = (code: string): Record<string, string> => runnable(`export default async function () { ${code} }`)
const hooks = { init: './code.js', prerun: './code.js', postrun: './code.js', finally: './code.js' }

interface Hostile {
  readonly title: string
  readonly fields?: object
  readonly descriptor?: object
  readonly files?: Record<string, string>
  /** What the warning says after the plugin's name. */
  readonly warning: RegExp
}

const cases: readonly Hostile[] = [
  {
    title: 'speaks another contract',
    descriptor: { contract: 99 },
    warning: /"dbvault.contract" is 99; this dbvault speaks contract 1/,
  },
  {
    title: 'has a template in a text',
    descriptor: { summary: '<%= process.exit(7) %>' },
    warning: /"dbvault.summary" must not hold a template tag/,
  },
  {
    title: 'takes the name of another engine',
    descriptor: { name: 'lines' },
    warning: /"dbvault.name" is "lines", and dbvault-engine-lines already provides the engine of that name/,
  },
  {
    title: 'takes a flag of the core',
    descriptor: { name: 'retry', flags: { min: { type: 'string', summary: 'A.' } } },
    warning: /makes the flag --retry-min, which belongs to dbvault/,
  },
  {
    title: 'has a hook that throws',
    fields: { oclif: { hooks } },
    files: hook('throw Object.assign(new Error("boo"), { oclif: { exit: 66 } })'),
    warning: /its own hooks are not run/,
  },
  {
    title: 'has a hook that exits',
    fields: { oclif: { hooks } },
    files: hook('process.exit(66)'),
    warning: /its own hooks are not run/,
  },
  {
    title: 'shadows a command of the core, with help that breaks',
    fields: { oclif: { commands: { strategy: 'explicit', target: './code.js', identifier: 'default' } } },
    files: runnable(
      'export default { backup: class { static summary = "<% boo %>"; static run() { process.exit(66) } } }',
    ),
    warning: /its own commands are not run/,
  },
]

describe('a bad plugin is named in one warning and breaks nothing', () => {
  for (const { title, fields = {}, descriptor = {}, files = {}, warning } of cases) {
    it(`when it ${title}`, async () => {
      await using user = await User.create()
      await user.link(LINES)
      await user.plant(LINES, { ...(await hostile(fields, descriptor)), ...files })
      for (const stderr of await liveOn(user)) {
        assert.equal(stderr.split('plugin hostile: ').length, 2, stderr)
        assert.match(stderr, warning)
      }
      await remove(user)
    })
  }

  it('when its package.json is garbage, or gone', async () => {
    await using user = await User.create()
    await user.link(LINES)
    const root = await user.link(LINES, await hostile({}))
    await writeFile(join(root, 'package.json'), '{"name": "hostile", ')
    for (const stderr of await liveOn(user)) assert.match(stderr, /^Warning: plugin hostile: .* is not valid JSON\n$/)
    await remove(user)
  })

  it('when it is named like a part of dbvault', async () => {
    await using user = await User.create()
    await user.link(LINES)
    await user.plant(LINES, await hostile({ name: '@oclif/plugin-help' }))
    for (const stderr of await liveOn(user)) {
      assert.match(stderr, /plugin @oclif\/plugin-help: its package name is that of a part of dbvault/)
    }
  })

  it('when the list of plugins itself is garbage', async () => {
    await using user = await User.create()
    await user.link(LINES)
    await writeFile(user.path('data', 'dbvault', 'package.json'), 'no JSON')
    const { exit, stderr } = await user.run(['--help'])
    assert.equal(exit, 0)
    assert.match(stderr, /^Warning: .*the list of installed plugins in .* cannot be read\n$/)
  })
})

describe('a plugin whose module is bad is named with PLUGIN_INVALID and exit code 10', () => {
  const source = new URL(`../fixtures/plugins/${LINES}/index.js`, import.meta.url)
  const cases: readonly (readonly [string, (sound: string) => string, RegExp])[] = [
    ['throws when it is imported', () => 'throw new Error("boo")', /its module .\/index.js cannot be loaded: boo/],
    ['is no JavaScript', () => 'export default {', /it is not valid JavaScript/],
    ['lacks a dependency', () => 'import "not-there"', /a file or a dependency of it is missing/],
    ['has no default export', () => 'export const a = 1', /has no default export that is an engine/],
    ['lacks a method', () => 'export default { descriptor: {} }', /has no method "probe"/],
    [
      'has another descriptor than its package.json',
      (sound) => sound.replace('  descriptor,', '  descriptor: { ...descriptor, name: "x" },'),
      /its descriptor is not the one that its package.json holds/,
    ],
  ]
  let user: User
  let root: string
  before(async () => {
    user = await User.create()
    root = await user.link(LINES, await hostile({}))
    await writeFile(user.path('rows.txt'), 'one\n')
  })
  after(async () => user[Symbol.asyncDispose]())

  for (const [what, code, message] of cases) {
    it(`when it ${what}`, async () => {
      await writeFile(join(root, 'index.js'), code(await readFile(source, 'utf8')))
      const { exit, stdout } = await user.run(['backup', '--db', 'bad', '-D', 'rows.txt', '-o', 'out', '--json'])
      assert.equal(exit, 10)
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hints: string[] } }
      assert.equal(error.code, 'PLUGIN_INVALID')
      assert.match(error.message, /^the plugin hostile is broken/)
      assert.match(error.message, message)
      assert.ok(error.hints.some((hint) => hint.includes('plugins uninstall hostile')))
      // Whoever has linked it has only to build it; to install it would bring another one.
      assert.ok(error.hints.some((hint) => hint.startsWith(`Build it again in ${root}`)))
      assert.ok(!error.hints.some((hint) => hint.includes('plugins install')))
    })
  }
})

describe('a plugin of another contract', () => {
  it('is not used, and whoever chooses it is told why, and not to install what they never had', async () => {
    await using user = await User.create()
    await user.link(LINES)
    await user.plant(LINES, await hostile({ name: 'dbvault-engine-bad' }, { contract: 2 }))
    const { exit, stdout } = await user.run(['backup', '--db', 'bad', '-D', 'rows.txt', '-o', 'out', '--json'])
    assert.equal(exit, 10)
    const { error } = JSON.parse(stdout) as { error: { code: string; hints: string[] } }
    assert.equal(error.code, 'PLUGIN_NOT_FOUND')
    assert.match(error.hints[0] ?? '', /^dbvault-engine-bad is installed, and not used: .*speaks contract 1/)
    assert.ok(!error.hints.some((hint) => hint.includes('@dbvault/engine-bad')))
  })
})

describe('what sound plugins contribute', () => {
  it('is seen alike by parsing, help and completion, and leaves the static manifest alone', async () => {
    await using user = await User.create()
    const manifest = new URL('../../oclif.manifest.json', import.meta.url)
    const before = await readFile(manifest, 'utf8')
    await user.link(LINES)
    await user.link(FOLDER)
    const help = await user.run(['backup', '--help'])
    const completion = await user.run(['__complete', 'zsh', 'backup', '--db', 'lines', '--cloud', 'folder', '--'])
    assert.deepEqual([help.exit, completion.exit], [0, 0])
    for (const flag of ['--lines-encoding', '--lines-skip-empty', '--folder-path']) {
      for (const text of [help.stdout, completion.stdout]) assert.ok(text.includes(flag), flag)
    }
    assert.match(help.stdout, /--DB LINES FLAGS/)
    assert.match(help.stdout.replaceAll(/\s/g, ''), /<options:lines\|[a-z|]*sqlite>/)
    await writeFile(user.path('rows.txt'), 'one\n\ntwo\n')
    const argv = [
      'backup',
      '--db',
      'lines',
      '-D',
      'rows.txt',
      '-c',
      'folder',
      '--lines-skip-empty',
      '--folder-path',
      user.path('f'),
    ]
    const run = await user.run([...argv, '--json'])
    assert.equal(run.exit, 0, run.stderr)
    assert.match(run.stdout, /"lines": 2/)
    assert.equal(await readFile(manifest, 'utf8'), before)
    assert.ok(!before.includes('lines-'))
  })

  it('is replaced by the user’s own install of the same package, unless that one is broken', async () => {
    await using user = await User.create()
    const bundled = '@dbvault/engine-sqlite'
    const root = await user.link(LINES, await hostile({ name: bundled }, { name: 'sqlite' }))
    const replaced = await user.run(['backup', '--help'])
    assert.match(replaced.stdout, /--sqlite-encoding/)
    assert.equal(replaced.stderr, '')
    const broken = await hostile({ name: bundled }, { name: 'sqlite', contract: 99 })
    await writeFile(join(root, 'package.json'), broken['package.json'] ?? '')
    const fallen = await user.run(['backup', '--help'])
    assert.match(fallen.stdout, /--sqlite-busy-timeout/)
    assert.match(fallen.stderr, /plugin @dbvault\/engine-sqlite: "dbvault.contract" is 99/)
  })
})

describe('a hostile plugin that was never linked but is listed', () => {
  it('cannot run code by being listed', async () => {
    await using user = await User.create()
    const root = await user.copy(LINES, {
      ...(await hostile({ oclif: { hooks, commands: './commands', plugins: ['other'] } })),
      ...hook('process.exit(66)'),
      'commands/backup.js': 'process.exit(66)\n',
    })
    const plugins = [
      { name: 'hostile', type: 'link', root },
      'absent',
      { name: 7 },
      null,
      { name: 'rootless', type: 'link' },
    ]
    await user.run(['plugins'])
    await user.link(LINES)
    await writeFile(user.path('data', 'dbvault', 'package.json'), JSON.stringify({ oclif: { plugins } }))
    const { exit, stderr } = await user.run(['--help'])
    assert.equal(exit, 0)
    assert.match(stderr, /plugin hostile: its own commands and hooks are not run/)
    assert.match(stderr, /plugin absent: .*package.json cannot be read/)
  })
})
