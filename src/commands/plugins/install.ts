import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'

export default careful(commands['plugins:install'], 'Install a plugin: all of it, or nothing.')
