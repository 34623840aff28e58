import { string } from '@oclif/core/args'
import { installedPlugins } from '../../cli/plugins/installed-plugins.ts'
import { VaultCommand } from '../../cli/vault-command.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { pluginWords } from '../../render/plugin-words.ts'

export default class PluginsInspect extends VaultCommand {
  static override summary = 'What plugins add, and what they may do.'
  static override examples = ['<%= config.bin %> plugins inspect dbvault-engine-foo']
  static override strict = false
  static override args = {
    plugin: string({ description: 'Name of an engine, a storage or a package.', required: true }),
  }

  async run(): Promise<void> {
    const { argv } = await this.parse(PluginsInspect)
    const installed = installedPlugins(this.config)
    const found = (argv as string[]).map((wanted) => {
      const plugin = installed.plugins.find((one) => one.package === wanted || one.selectedBy.endsWith(`=${wanted}`))
      if (plugin) return plugin
      const problem = installed.problems.find((one) => one.package === wanted)
      throw new DbvaultError('PLUGIN_NOT_FOUND', problem?.message ?? `no plugin called ${wanted} is installed`, {
        hints: ['dbvault plugins names those that are'],
      })
    })
    this.result({ plugins: found }, found.map(pluginWords).join('\n\n'))
  }
}
