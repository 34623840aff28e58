import { commands } from '@oclif/plugin-plugins'
import { careful } from '../../cli/plugins/careful.ts'

export default careful(commands['plugins:update'], {
  summary: 'Bring the installed plugins up to date.',
  description:
    'All of them, or none: where a newer version of one cannot be used, that is said, and which command stays with the old one. A plugin that was installed with a version stays with that.',
})
