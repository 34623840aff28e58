import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'
import { toUninstall } from '../../cli/plugins/package-words.ts'

export default careful(commands['plugins:uninstall'], {
  summary: 'Remove a plugin.',
  examples: ['<%= config.bin %> plugins uninstall dbvault-engine-foo'],
  words: toUninstall,
})
