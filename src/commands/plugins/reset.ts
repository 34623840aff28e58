import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'

export default careful(commands['plugins:reset'], {
  summary: 'Remove all plugins that were installed or linked.',
})
