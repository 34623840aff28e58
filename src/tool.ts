import { createRequire } from 'node:module'

const { name, version } = createRequire(import.meta.url)('../package.json') as { name: string; version: string }

/** This program and its version, as it stands in manifests: `dbvault/0.1.0`. */
export const TOOL = `${name}/${version}`
