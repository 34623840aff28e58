import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'
import { toInstall } from '../../cli/plugins/package-words.ts'

export default careful(commands['plugins:install'], {
  summary: 'Install a plugin: all of it, or nothing.',
  description:
    'npm brings it, by its own settings: registry, login, proxy. Its code is loaded once, to see that it can be; what is no plugin of dbvault, speaks another contract, clashes with another plugin or cannot be loaded is refused, and the plugins that were there stay as they are.',
  examples: [
    '<%= config.bin %> plugins install @dbvault/engine-db2',
    '<%= config.bin %> plugins install dbvault-engine-foo@1.2.3',
    '<%= config.bin %> plugins install file:dbvault-engine-foo-1.2.3.tgz',
  ],
  words: toInstall,
})
