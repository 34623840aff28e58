import { Plugin } from '@oclif/core/config'
import type { Config, PJSON } from '@oclif/core/interfaces'
import type { PluginProblem } from './contribution.ts'
import { parseDescriptor } from './descriptor.ts'
import { listUserPackages, readPackage, type Listed } from './user-packages.ts'

/**
 * Adds the plugins that the user installed or linked to a config that was loaded with `userPlugins: false`, in place
 * of oclif's own way, which would run their code at once: it imports the commands of a plugin that has no manifest
 * and runs its `init` and `prerun` hooks, so that one bad plugin could keep every command from working, the one that
 * uninstalls it included.
 *
 * A plugin of dbvault brings an engine or a storage, nothing else; its own commands and hooks are left out. A user's
 * own install of a package that comes with dbvault replaces that one, if it is sound.
 */
export async function addUserPlugins(config: Config): Promise<readonly PluginProblem[]> {
  const problems: PluginProblem[] = []
  for (const listed of await listUserPackages(config.dataDir, problems)) {
    const report = (message: string, partly?: true): number =>
      problems.push({ package: listed.name, message, ...(partly && { partly }) })
    try {
      const pjson = await readPackage(listed.root)
      const bundled = config.plugins.get(listed.name)
      if (bundled) {
        if (!('dbvault' in bundled.pjson)) throw new Error('its package name is that of a part of dbvault')
        parseDescriptor(pjson['dbvault'])
      }
      const unused = ['commands', 'hooks', 'topics'].filter((field) => Object.hasOwn(Object(pjson['oclif']), field))
      if (pjson['dbvault'] === undefined)
        report('it has no "dbvault" field in its package.json: it is not a plugin of dbvault')
      else if (unused.length > 0)
        report(`its own ${unused.join(' and ')} are not run; a plugin brings an engine or a storage only`, true)
      config.plugins.set(listed.name, await inertPlugin(listed, pjson))
    } catch (error) {
      report(error instanceof Error ? error.message : String(error))
    }
  }
  return problems
}

async function inertPlugin({ name, type, root, tag }: Listed, pjson: Record<string, unknown>): Promise<Plugin> {
  const plugin = new Plugin({
    name,
    root,
    ignoreManifest: true,
    // For a linked plugin oclif takes the root as it is instead of searching for it.
    type: 'link',
    pjson: { ...pjson, name, oclif: {} } as unknown as PJSON,
    ...(tag !== undefined && { tag }),
  })
  await plugin.load()
  plugin.type = type
  return plugin
}
