import type { Hook } from '@oclif/core/interfaces'
import { augment } from '../registry/augment.ts'
import { tellPluginProblems } from '../cli/warnings.ts'

/**
 * Runs at `init` for help, and at `prerun` because `plugins install` has completion made anew through
 * `config.runCommand`, which runs no `init`.
 */
const hook: Hook<'init'> = async function ({ config }) {
  tellPluginProblems(augment(config).problems)
}

export default hook
