import { realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Contribution } from './contribution.ts'

/** A plugin whose code was imported. */
export interface LoadedPlugin {
  readonly package: string
  readonly version: string
}

const loaded = new Map<string, LoadedPlugin & { readonly places: readonly string[] }>()

/** Is to be called before the plugin is imported. */
export function rememberLoaded({ package: name, version, root }: Contribution): void {
  const real = realpathSync(root)
  loaded.set(name, { package: name, version, places: [`${pathToFileURL(real).href}/`, `${real}/`] })
}

/** All whose code was imported in this process, in that order. */
export function loadedPlugins(): readonly LoadedPlugin[] {
  return [...loaded.values()]
}

/** The plugin in whose code an error was made, or in which its cause was, as their stacks tell; undefined if they do not. */
export function pluginOf(error: unknown): LoadedPlugin | undefined {
  const seen = new Set<unknown>()
  for (let one = error; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one)
    // Without the first lines, which hold the message: that may name any path.
    const stack = String(one.stack).replace(one.message, '')
    const lines = stack.split('\n').filter((line) => line.trimStart().startsWith('at '))
    for (const line of lines) {
      const found = [...loaded.values()].find(({ places }) => places.some((place) => line.includes(place)))
      if (found) return found
    }
  }
  return undefined
}
