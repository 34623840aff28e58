/**
 * A process of its own, started by {@link ./try-plugins.ts}: imports the plugin in a folder, as its first use would, and
 * tells its parent what is wrong with it.
 */
import { createHost } from '../../host/create-host.ts'
import { allowConfinement } from '../../host/confinement.ts'
import { oneLine } from '../../errors/one-line.ts'
import { isEngine, isStorage } from '../../registry/contribution.ts'
import { parseDescriptor } from '../../registry/descriptor.ts'
import { loadEngine, loadStorage } from '../../registry/load.ts'
import { readPackage } from '../../registry/user-packages.ts'

const tell = process.send?.bind(process)
allowConfinement()
try {
  const root = process.argv[2] ?? ''
  const { name, version, dbvault } = await readPackage(root)
  const descriptor = parseDescriptor(dbvault)
  const plugin = { descriptor, package: String(name), version: String(version), root }
  const host = createHost({ signal: new AbortController().signal })
  if (isEngine(plugin)) await loadEngine(plugin, host)
  else if (isStorage(plugin)) await loadStorage(plugin, host)
  tell?.({})
} catch (error) {
  tell?.({ problem: oneLine(error).replace(/^the plugin \S+ is broken: /, '') })
}
