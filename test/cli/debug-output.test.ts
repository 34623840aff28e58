import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { readPassword } from '../../src/cli/secret-input.ts'
import { User } from './dbvault-process.ts'

describe('the output with DEBUG', () => {
  it('does not quote the command line, nor with it a secret', async () => {
    await using user = await User.create()
    const argv = ['backup', '--db', 'sqlite', '-D', 'absent.db', '-o', 'never', '-k', 'canary']
    const { exit, stderr } = await user.run(argv, { DEBUG: '*' })
    assert.equal(exit, 2)
    assert.match(stderr, /KEY_INVALID/)
    assert.doesNotMatch(stderr, /canary/)
  })

  it('tells neither the command that should have printed a password, nor what it printed', async () => {
    const flags = { 'password-command': 'echo canary; exit 3' }
    const error: unknown = await readPassword(flags, () => false).catch((thrown: unknown) => thrown)
    assert.match(inspect(error), /--password-command failed \(3\)/)
    assert.doesNotMatch(inspect(error), /canary/)
  })
})
