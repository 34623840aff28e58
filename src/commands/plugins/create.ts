import { join, relative, resolve } from 'node:path'
import { string as argument } from '@oclif/core/args'
import { string } from '@oclif/core/flags'
import { createPlugin, pluginName } from '../../cli/plugins/create-plugin.ts'
import { VaultCommand } from '../../cli/vault-command.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { SELECTOR } from '../../registry/contribution.ts'

export default class PluginsCreate extends VaultCommand {
  static override summary = 'Write the beginning of a plugin of your own: it works, and its tests pass.'
  static override examples = [
    '<%= config.bin %> plugins create dbvault-engine-foo',
    '<%= config.bin %> plugins create @me/dbvault-storage-foo --output foo',
  ]
  static override args = {
    name: argument({
      description: 'Name of the package: dbvault-engine-NAME or dbvault-storage-NAME.',
      required: true,
    }),
  }
  static override flags = {
    output: string({
      char: 'o',
      summary: 'Folder to write it to, which has to be new or empty [the name].',
      helpValue: '<dir>',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsCreate)
    const plugin = pluginName(args.name)
    const rival = this.registry.all.find(({ descriptor }) => descriptor.name === plugin.name)
    if (rival) {
      throw new DbvaultError('USAGE', `${rival.package} provides the ${rival.descriptor.kind} ${plugin.name} already`, {
        hints: ['Choose another name: two plugins of one name cannot be installed together.'],
      })
    }
    const folder = resolve(flags.output ?? plugin.package.replace(/^@[^/]+\//, ''))
    const files = await createPlugin(plugin, folder, join(this.config.root, 'templates'), this.config.version)
    const way = relative('.', folder) || '.'
    this.result(
      { ...plugin, folder, files },
      [
        `${folder}: ${files.length} files of the ${plugin.kind} --${SELECTOR[plugin.kind]}=${plugin.name}`,
        `Build it and ask it what every ${plugin.kind} is asked:  cd ${way} && npm install && npm test`,
        `Use it while you change it:  dbvault plugins link --no-install ${way}`,
      ].join('\n'),
    )
  }
}
