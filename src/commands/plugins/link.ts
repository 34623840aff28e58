import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'

export default careful(commands['plugins:link'], {
  summary: 'Use a plugin from the folder in which it is being developed.',
  examples: ['<%= config.bin %> plugins link --no-install dbvault-engine-foo'],
})
