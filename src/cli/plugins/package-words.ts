import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '@oclif/core/interfaces'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { listUserPackages } from '../../registry/user-packages.ts'
import { Registry } from '../../registry/registry.ts'

/** What a command was given to work on, as oclif's own command takes it. @throws USAGE, PLUGIN_NOT_FOUND */
export type PackageWords = (words: readonly string[], config: Config) => Promise<readonly string[]>

/** A package of the registry, with its version or tag. */
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:@.+)?$/
/** A repository of GitHub, or an address of any kind. */
const ELSEWHERE = /^[\w.-]+\/[\w.-]+$|^[a-z][a-z0-9+.-]*:./
const PATH = /^file:|^\.{0,2}\/|^[^@/]*\.tgz$/

/** Paths become absolute: npm works in another folder. */
export const toInstall: PackageWords = async (words, config) =>
  words.map((word) => {
    if (word === config.name) {
      throw usage(`${word} is no plugin of its own`, `npm install --global ${word}@latest   (brings it up to date)`)
    }
    if (PATH.test(word)) {
      const path = resolve(word.replace(/^file:/, ''))
      if (existsSync(path)) return `file:${path}`
      throw usage(`there is no ${path}`, 'Give a package of the registry, or a tarball: file:plugin.tgz')
    }
    if (PACKAGE.test(word) || ELSEWHERE.test(word)) return word
    throw usage(
      `"${word}" is not the name of a package`,
      'Plugins are called @dbvault/engine-…, @dbvault/storage-…, dbvault-engine-… or dbvault-storage-…',
    )
  })

/** An engine or a storage may be named in place of its package, as `plugins inspect` takes it. */
export const toUninstall: PackageWords = async (words, config) => {
  if (words.length === 0) throw usage('missing argument PLUGIN', 'dbvault plugins uninstall --help')
  const { all } = Registry.of(config)
  const installed = new Set((await listUserPackages(config.dataDir, [])).map(({ name }) => name))
  return words.map((word) => {
    const named = all.find(({ descriptor, package: name }) => [descriptor.name, name].includes(word))
    const name = named?.package ?? word
    if (named && !installed.has(name)) throw usage(`${name} comes with dbvault, and stays`, 'dbvault plugins')
    return name
  })
}

function usage(message: string, hint: string): DbvaultError {
  return new DbvaultError('USAGE', `No plugin was changed: ${message}`, { hints: [hint] })
}
