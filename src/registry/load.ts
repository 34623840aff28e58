import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { Engine } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import type { StoragePlugin } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { oneLine } from '../errors/one-line.ts'
import { confine } from '../host/confinement.ts'
import { keepBuiltins, putBuiltinsBack } from '../host/builtins.ts'
import { unlessAborted } from '../host/unless-aborted.ts'
import { boundedEngine, boundedStorage } from './bounded.ts'
import type { Contribution, EngineContribution, StorageContribution } from './contribution.ts'
import { rememberLoaded } from './plugin-of.ts'

/** Imports an engine on its first use. @throws PLUGIN_INVALID naming the package and what to do about it */
export async function loadEngine(contribution: EngineContribution, host: Host): Promise<Engine> {
  const engine = await load(contribution, ['probe', 'dump', 'check', 'prove', 'inspect', 'restore'], host)
  return boundedEngine(contribution, engine as unknown as Engine)
}

/** Imports a storage on its first use. @throws PLUGIN_INVALID naming the package and what to do about it */
export async function loadStorage(contribution: StorageContribution, host: Host): Promise<StoragePlugin> {
  const storage = await load(contribution, ['open'], host)
  return boundedStorage(contribution, storage as unknown as StoragePlugin)
}

async function load(contribution: Contribution, methods: readonly string[], host: Host): Promise<object> {
  const { descriptor, root } = contribution
  let module: { readonly default?: unknown }
  rememberLoaded(contribution)
  confine()
  const builtins = keepBuiltins()
  let changed: readonly string[] = []
  try {
    const importing = import(pathToFileURL(join(root, descriptor.module)).href) as Promise<typeof module>
    module = await unlessAborted(host.signal, importing)
  } catch (cause) {
    if (host.signal.aborted) {
      host.report({ kind: 'warning', message: `the plugin ${contribution.package} was still being loaded` })
      throw host.signal.reason
    }
    throw invalid(contribution, `its module ${descriptor.module} cannot be loaded${reason(cause)}`, cause)
  } finally {
    // It may have put its own in place of what was kept from it.
    confine()
    changed = putBuiltinsBack(builtins)
  }
  if (changed.length > 0) {
    throw invalid(contribution, `it changes ${changed.slice(0, 3).join(', ')}, which is not its own`)
  }
  const plugin: unknown = module.default
  if (typeof plugin !== 'object' || plugin === null) {
    throw invalid(
      contribution,
      `${descriptor.module} has no default export that is ${descriptor.kind === 'engine' ? 'an engine' : 'a storage'}`,
    )
  }
  const missing = methods.find((method) => typeof Reflect.get(plugin, method) !== 'function')
  if (missing !== undefined) throw invalid(contribution, `its default export has no method "${missing}"`)
  if (!isDeepStrictEqual(plainJson(Reflect.get(plugin, 'descriptor')), descriptor)) {
    throw invalid(contribution, 'its descriptor is not the one that its package.json holds')
  }
  return plugin
}

function plainJson(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}

/** Only what Node itself says about a module; a plugin's own message may hold anything. */
function reason(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ERR_MODULE_NOT_FOUND') return ': a file or a dependency of it is missing'
  if (cause instanceof SyntaxError) return ': it is not valid JavaScript'
  return `: ${oneLine(cause)}`
}

function invalid({ package: name, root, linked }: Contribution, what: string, cause?: unknown): DbvaultError {
  return new DbvaultError('PLUGIN_INVALID', `the plugin ${name} is broken: ${what}`, {
    hints: [
      linked
        ? `Build it again in ${root}, from where it is linked.`
        : `dbvault plugins install ${name}   (installs it anew)`,
      `dbvault plugins uninstall ${name}   (does without it)`,
      'DEBUG=dbvault shows the whole error',
    ],
    ...(cause !== undefined && { cause }),
  })
}
