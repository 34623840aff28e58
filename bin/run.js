#!/usr/bin/env node
// Only syntax that old Nodes can read, and nothing imported before the version is known: an old Node gets one clear
// line instead of a crash somewhere inside.
import module from 'module'
import { homedir } from 'os'
import { join } from 'path'
import { fileURLToPath } from 'url'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 16)) {
  console.error('dbvault needs Node.js 22.16 or newer; this is ' + process.version + '.')
  process.exitCode = 1
} else {
  // In the user's own cache: what lies in a shared temp folder could have been put there by somebody else.
  const caches = process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || join(homedir(), '.cache')
  module.enableCompileCache(join(caches, 'dbvault', 'compiled'))
  void import('../dist/cli/main.js').then(({ main }) =>
    main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url))),
  )
}
