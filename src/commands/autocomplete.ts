import { string } from '@oclif/core/args'
import { shellNamed, shells } from '../cli/completion/scripts.ts'
import { VaultCommand } from '../cli/vault-command.ts'

export default class Autocomplete extends VaultCommand {
  static override summary = 'Complete commands, flags and their values in the shell.'
  static override description =
    'Without a shell it says how completion is set up. It asks dbvault each time, so it knows a plugin as soon as that is installed.'
  static override examples = ['<%= config.bin %> autocomplete', 'source <(<%= config.bin %> autocomplete bash)']
  static override args = {
    shell: string({ description: 'Shell whose script is printed.', options: [...shells] }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Autocomplete)
    if (args.shell !== undefined) {
      const { script, setup } = shellNamed(args.shell)
      return this.result({ shell: args.shell, script, setup }, script)
    }
    const setups = shells.map((shell) => [shell, shellNamed(shell).setup] as const)
    this.result(
      { setup: Object.fromEntries(setups) },
      setups.map(([shell, setup]) => `${shell.padEnd(12)}${setup}`).join('\n'),
    )
  }
}
