/**
 * Removes from every `dist` what no longer has a source. The compiler leaves it there, oclif would find deleted commands
 * in it, and `npm pack` would ship it.
 */
import { existsSync } from 'node:fs'
import { glob, rm } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
for await (const file of glob('{.,plugins/*}/dist/**/*.{js,d.ts,js.map}', { cwd: root })) {
  const source = file.replace(/(^|[/\\])dist([/\\])/, '$1src$2').replace(/\.(js|d\.ts|js\.map)$/, '.ts')
  if (!existsSync(join(root, source))) await rm(join(root, file))
}
