import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, Hook } from '@oclif/core/interfaces'
import { augment } from '../../registry/augment.ts'
import { loadConfig } from '../load-config.ts'
import { bashCompletion } from './bash.ts'

const CHANGES_PLUGINS = /^plugins:(?:install|link|reset|uninstall|update)$/

/**
 * Puts dbvault's own bash completion in the place of oclif's, and makes the files of all shells anew after the set of
 * plugins has changed, if they were made before. oclif does so after `install` and `uninstall` only, and before the
 * new plugin is known.
 */
export const refreshCompletion: Hook<'postrun'> = async function ({ config, Command }) {
  if (Command.id === 'autocomplete' || Command.id === 'autocomplete:create') await writeBash(config)
  else if (CHANGES_PLUGINS.test(Command.id) && (await hasCompletion(config))) {
    const fresh = await loadConfig(config.root)
    augment(fresh)
    await fresh.runCommand('autocomplete:create')
  }
}

async function writeBash(config: Config): Promise<void> {
  const commands = config.getPluginsList().flatMap((plugin) => plugin.commands)
  await writeFile(
    join(config.cacheDir, 'autocomplete', 'functions', 'bash', `${config.bin}.bash`),
    bashCompletion(config.bin, commands),
  )
}

async function hasCompletion({ cacheDir }: Config): Promise<boolean> {
  return access(join(cacheDir, 'autocomplete')).then(
    () => true,
    () => false,
  )
}
