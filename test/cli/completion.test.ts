import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { Shell } from '../support/shell.ts'
import { needs, PYTHON } from '../support/tools.ts'
import { User } from './dbvault-process.ts'

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const SHOP = fileURLToPath(new URL('../../examples/shop.db', import.meta.url))

describe('completion', () => {
  let user: User
  let id: string

  before(async () => {
    user = await User.create()
    await user.link('dbvault-engine-lines')
    await user.link('dbvault-storage-folder')
    const { stdout } = await user.run(['backup', '--db', 'sqlite', '-D', SHOP, '-o', 'out', '--json'])
    ;({ id } = (JSON.parse(stdout) as { backups: [{ id: string }] }).backups[0])
    await mkdir(user.path('bin'))
    await writeFile(user.path('bin/dbvault'), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`)
    await chmod(user.path('bin/dbvault'), 0o755)
    await writeFile(user.path('vault.key'), '')
  })
  after(() => user[Symbol.asyncDispose]())

  /** What is offered for a command line of which the last word is being typed; the first line tells of files. */
  async function offered(...words: readonly string[]): Promise<readonly string[]> {
    const { exit, stdout, stderr } = await user.run(['__complete', 'zsh', ...words])
    assert.equal(exit, 0, stderr)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t', 1)[0] ?? '')
  }

  it('offers commands, and those of a topic', async () => {
    assert.deepEqual(await offered('ba'), ['none', 'backup'])
    assert.ok((await offered('')).includes('plugins'))
    assert.deepEqual(await offered('plugins', 'ins'), ['none', 'inspect', 'install'])
    assert.ok((await offered('help', '')).includes('backup'))
  })

  it('offers flags with their summaries, each once unless it can be repeated', async () => {
    const { stdout } = await user.run(['__complete', 'fish', 'backup', '--out'])
    assert.match(stdout, /^none\n--output\tDirectory to store the backup in; .*\n$/)
    assert.deepEqual(await offered('backup', '-o', 'out', '--outp'), ['none'])
    assert.deepEqual(await offered('backup', '-D', 'a', '--datab'), ['none', '--database'])
  })

  it('offers the flags of a plugin once that is chosen', async () => {
    assert.deepEqual(await offered('backup', '--lines-'), ['none'])
    assert.deepEqual(await offered('backup', '-d', 'sqlite', '--lines-'), ['none'])
    assert.ok((await offered('backup', '-d', 'lines', '--lines-')).includes('--lines-width'))
    assert.deepEqual(await offered('backup', '--cloud=folder', '--folder-p'), ['none', '--folder-path'])
  })

  it('offers the values of a flag in each of its forms', async () => {
    const engines = await offered('backup', '--db', '')
    assert.ok(engines.includes('lines') && engines.includes('sqlite'), engines.join(' '))
    assert.deepEqual(await offered('backup', '-d', 'l'), ['none', 'lines'])
    assert.deepEqual(await offered('backup', '--db=l'), ['none', '--db=lines'])
    assert.deepEqual(await offered('backup', '-c', 'fol'), ['none', 'folder'])
    assert.deepEqual(await offered('backup', '--prove', 'c'), ['none', 'check'])
    assert.deepEqual(await offered('backup', '--db', 'lines', '--lines-encoding', 'u'), ['none', 'utf8'])
  })

  it('leaves files and directories to the shell where they belong', async () => {
    assert.deepEqual(await offered('backup', '--key-file', ''), ['file'])
    assert.deepEqual(await offered('backup', '-o', ''), ['directory'])
    assert.deepEqual(await offered('backup', '--user', ''), ['none'])
  })

  it('offers the ids of the backups in a directory', async () => {
    assert.deepEqual(await offered('verify', '-o', 'out', ''), ['file', id])
    assert.deepEqual(await offered('verify', '-o', 'out', id, ''), ['file'])
    assert.deepEqual(await offered('restore', ''), ['file'])
    const { stdout } = await user.run(['__complete', 'zsh', 'show', 'sh'], { DBVAULT_OUTPUT: user.path('out') })
    assert.match(stdout, new RegExp(`^${id}\t`, 'm'))
  })

  it('knows of a plugin as soon as it is linked, and no longer once it is not', async () => {
    await using other = await User.create()
    const engines = async (): Promise<string> => (await other.run(['__complete', 'zsh', 'backup', '--db', ''])).stdout
    assert.doesNotMatch(await engines(), /lines/)
    await other.link('dbvault-engine-lines')
    assert.match(await engines(), /^lines\t/m)
    await other.run(['plugins', 'unlink', 'dbvault-engine-lines'])
    assert.doesNotMatch(await engines(), /lines/)
  })

  it('is not disturbed by a plugin that is broken', async () => {
    await using other = await User.create()
    await other.link('dbvault-engine-lines')
    await other.plant('dbvault-storage-folder', { 'package.json': '{ "name": "broken", "dbvault": 7 }' })
    const { exit, stdout, stderr } = await other.run(['__complete', 'zsh', 'backup', '--db', 'li'])
    assert.deepEqual([exit, stdout, stderr], [0, 'none\nlines\t\n', ''])
  })

  const environment = (): NodeJS.ProcessEnv => ({
    PATH: `${user.path('bin')}${delimiter}${process.env['PATH']}`,
    HOME: user.home,
    XDG_DATA_HOME: user.path('data'),
    XDG_CONFIG_HOME: user.path('config'),
    XDG_CACHE_HOME: user.path('cache'),
    PS1: '$ ',
  })

  /** Types the beginning of a line and Tab, and waits until what the shell made of it is shown. */
  async function typed(shell: Shell, text: string, expected: RegExp, tabs = 1): Promise<void> {
    shell.type(text + '\t'.repeat(tabs))
    await shell.until(expected)
    shell.type('\u0015')
  }

  it('works in bash: a line that is typed is completed', async () => {
    await using shell = new Shell('bash --noprofile --norc -i', user.home, environment())
    shell.type(
      "bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'; source <(dbvault autocomplete bash); echo READ''Y\n",
    )
    await shell.until(/READY/)
    await typed(shell, 'dbvault backup --db li', /--db lines /)
    await typed(shell, 'dbvault backup --db=li', /--db=lines /)
    await typed(shell, 'dbvault backup -d lines --lines-enc', /--lines-encoding /)
    await typed(shell, 'dbvault plugins ins', /inspect +install/)
    await typed(shell, 'dbvault backup --key-file va', /--key-file vault\.key /)
    await typed(shell, 'dbvault verify -o ou', /-o out\//)
    await typed(shell, 'dbvault verify -o out sho', new RegExp(`-o out ${id}`))
  })

  describe('in zsh', () => {
    needs('zsh')
    it('works: a line that is typed is completed, with summaries', async () => {
      await using shell = new Shell('zsh -f -i', user.home, environment())
      shell.type(
        "unsetopt beep; autoload -Uz compinit && compinit -u -d $HOME/zcomp; source <(dbvault autocomplete zsh); echo READ''Y\n",
      )
      await shell.until(/READY/)
      await typed(shell, 'dbvault backup --db li', /--db lines/)
      await typed(shell, 'dbvault backup --db=li', /--db=lines/)
      await typed(shell, 'dbvault backup -d lines --lines-enc', /--lines-encoding/)
      await typed(shell, 'dbvault backup --pro', /--prove +-- .*\s+--prove-from +-- /, 2)
      await typed(shell, 'dbvault backup --key-file va', /--key-file vault\.key/)
      await typed(shell, 'dbvault verify -o out sho', new RegExp(`-o out ${id}`))
    })
  })

  describe('in fish', () => {
    needs('fish')
    it('works: what fish offers for a line', async () => {
      await mkdir(user.path('config/fish/completions'), { recursive: true })
      const { stdout: script } = await user.run(['autocomplete', 'fish'])
      await writeFile(user.path('config/fish/completions/dbvault.fish'), script)
      const offers = (line: string): string[] => {
        const ran = spawnSync('fish', ['-c', `complete -C '${line}'`], {
          cwd: user.home,
          env: environment(),
          encoding: 'utf8',
        })
        assert.equal(ran.status, 0, ran.stderr)
        return ran.stdout.split('\n').filter(Boolean)
      }
      assert.deepEqual(offers('dbvault backup --db li'), ['lines'])
      assert.match(offers('dbvault backup --outp').join(), /^--output\tDirectory to store/)
      assert.deepEqual(offers('dbvault backup --key-file va'), ['vault.key'])
      assert.deepEqual(offers('dbvault verify -o out sho'), [id])
    })
  })

  describe('in PowerShell, which is not at hand', () => {
    needs("python's cryptography")
    it('has a script that is valid in its language', async () => {
      const { stdout: script } = await user.run(['autocomplete', 'powershell'])
      assert.match(script, /^Register-ArgumentCompleter -Native -CommandName dbvault /)
      const parse =
        'import sys, tree_sitter as t, tree_sitter_powershell as p; sys.exit(t.Parser(t.Language(p.language())).parse(sys.stdin.buffer.read()).root_node.has_error)'
      const verdict = (text: string): number | null => spawnSync(PYTHON, ['-c', parse], { input: text }).status
      assert.deepEqual([verdict(script), verdict(script.slice(0, -4))], [0, 1])
    })
  })
})
