import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'

export default careful(commands['plugins:update'], 'Bring the installed plugins up to date.')
