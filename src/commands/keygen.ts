import { boolean, string } from '@oclif/core/flags'
import { refuseOccupied, saveSecret } from '../cli/backup-key.ts'
import { VaultCommand } from '../cli/vault-command.ts'
import { generateFernetKey } from '../pipeline/encrypt/fernet-key.ts'

export default class Keygen extends VaultCommand {
  static override summary = 'Make a key to encrypt backups with.'
  static override description =
    'Without --age: one secret key, which encrypts and decrypts. With --age: an identity, which decrypts and belongs in a safe, and its recipient, which only encrypts and may lie on the server.'
  static override examples = [
    '<%= config.bin %> keygen --save vault.key',
    '<%= config.bin %> keygen --age --save identity.txt',
  ]
  static override flags = {
    save: string({
      char: 's',
      summary: 'Write it to a new file (0600) instead of showing it.',
      helpValue: '<path>',
      env: 'DBVAULT_SAVE',
    }),
    age: boolean({ summary: 'Make an age identity and its recipient.', env: 'DBVAULT_AGE' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Keygen)
    if (flags.save !== undefined) await refuseOccupied(flags.save, '--save')
    if (flags.age) return this.#age(flags.save)
    const key = generateFernetKey()
    if (flags.save === undefined) return this.result({ key }, key)
    await saveSecret(flags.save, `${key}\n`)
    this.result({ saved: flags.save }, flags.save)
  }

  /** In the file format of age-keygen. */
  async #age(save: string | undefined): Promise<void> {
    const { generateAgeIdentity } = await import('../pipeline/encrypt/age-keys.ts')
    const { identity, recipient } = await generateAgeIdentity()
    const file = `# created: ${new Date().toISOString()}\n# public key: ${recipient}\n${identity}\n`
    if (save === undefined) return this.result({ identity, recipient }, file)
    await saveSecret(save, file)
    this.result({ saved: save, recipient }, `${save}\nRecipient: ${recipient}`)
  }
}
