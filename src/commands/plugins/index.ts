import { installedPlugins } from '../../cli/plugins/installed-plugins.ts'
import { VaultCommand } from '../../cli/vault-command.ts'
import { pluginsTable } from '../../render/plugins-table.ts'

export default class Plugins extends VaultCommand {
  static override aliases = ['plugins:list']
  static override summary = 'The engines and storages that are installed.'
  static override examples = ['<%= config.bin %> plugins', '<%= config.bin %> plugins --json']

  async run(): Promise<void> {
    await this.parse(Plugins)
    const { plugins, problems } = installedPlugins(this.config)
    this.result({ plugins, problems }, pluginsTable(plugins))
  }
}
