import { Config } from '@oclif/core/config'
import { addUserPlugins } from '../registry/user-plugins.ts'
import { tellPluginProblems } from './warnings.ts'

/** oclif's view of dbvault and its plugins. @param root the folder of dbvault's package.json */
export async function loadConfig(root: string): Promise<Config> {
  const config = await bareConfig(root)
  tellPluginProblems(await addUserPlugins(config))
  return config
}

/** The same with nothing but what comes with dbvault. */
export function bareConfig(root: string): Promise<Config> {
  return Config.load({ root, userPlugins: false, devPlugins: false })
}
