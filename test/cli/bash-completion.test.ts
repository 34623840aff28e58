import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { User } from './dbvault-process.ts'

const run = promisify(execFile)

describe('bash completion', () => {
  let user: User
  before(async () => {
    user = await User.create()
    await user.link('dbvault-engine-lines')
    const { exit, stderr } = await user.run(['autocomplete', 'create'])
    assert.equal(exit, 0, stderr)
  })
  after(async () => user[Symbol.asyncDispose]())

  /** What bash offers for a command line whose words are given; the last one is being typed. */
  async function offered(...words: string[]): Promise<readonly string[]> {
    const script = user.path('cache', 'dbvault', 'autocomplete', 'functions', 'bash', 'dbvault.bash')
    const program =
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dbvault_autocomplete; printf "%s\\n" "${COMPREPLY[@]}"'
    const { stdout } = await run('bash', ['--norc', '-c', program, 'bash', script, 'dbvault', ...words])
    return stdout.split('\n').filter((word) => word !== '')
  }

  it('offers commands, and those of a topic', async () => {
    assert.deepEqual(await offered('ba'), ['backup'])
    assert.ok((await offered('plugins', 'in')).includes('install'))
  })

  it('offers the flags of the core and of plugins', async () => {
    assert.deepEqual(await offered('backup', '--lines-sk'), ['--lines-skip-empty'])
    assert.ok((await offered('backup', '--')).includes('--output'))
  })

  it('offers the values of a flag in each of its forms, also of a plugin’s and after other flags', async () => {
    const engines = await offered('backup', '--db', '')
    assert.ok(engines.includes('lines') && engines.includes('sqlite'), engines.join(' '))
    assert.deepEqual(await offered('backup', '-d', 'l'), ['lines'])
    assert.deepEqual(await offered('backup', '--db', '=', 'l'), ['lines'])
    assert.deepEqual(await offered('backup', '--db', 'lines', '--lines-encoding', 'u'), ['utf8'])
    assert.deepEqual(await offered('backup', '--db', 'lines', '-o', 'out', '--prov'), ['--prove', '--prove-from'])
  })

  it('leaves paths to bash', async () => {
    assert.deepEqual(await offered('backup', '--output', 'o'), [])
    assert.deepEqual(await offered('backup', 'x'), [])
  })
})
