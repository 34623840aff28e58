import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, Hook } from '@oclif/core/interfaces'
import { augment } from '../../registry/augment.ts'

const CHANGES_PLUGINS = /^plugins:(?:install|link|reset|uninstall|update)$/

/**
 * Makes the completion files anew after the set of plugins has changed, if they were made before. oclif does so after
 * `install` and `uninstall` only, and before the new plugin is known.
 */
export const refreshCompletion: Hook<'postrun'> = async function ({ config, Command }) {
  if (!CHANGES_PLUGINS.test(Command.id) || !(await hasCompletion(config))) return
  const { loadConfig } = await import('../load-config.ts')
  const fresh = await loadConfig(config.root)
  augment(fresh)
  await fresh.runCommand('autocomplete:create')
}

async function hasCompletion({ cacheDir }: Config): Promise<boolean> {
  return access(join(cacheDir, 'autocomplete')).then(
    () => true,
    () => false,
  )
}
