/**
 * Fails when the core names an engine or a cloud. Comments may, to give examples, and so may the examples in a command's
 * help; `node tools/lint/vendor-names.ts [root]`.
 */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAME = /postgres|mysql|mariadb|mongo|redis|sqlite|\bdb2|azure|minio|\bgcp|\bgcs|\bs3\b/i
const COMMENT = /\s\/\/ .*$|\/\*.*\*\//
const HELP_EXAMPLE = /^\s*'<%= config\.bin %> .*',$/

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url))
for await (const file of glob('src/**/*.ts', { cwd: root })) {
  const lines = (await readFile(join(root, file), 'utf8')).split('\n')
  for (const [index, line] of lines.entries()) {
    const name = NAME.exec(withoutExamples(line))?.[0]
    if (name === undefined) continue
    console.error(`${file}:${index + 1}: the core must not know of "${name}"; what it needs belongs in the contract`)
    process.exitCode = 1
  }
}

function withoutExamples(line: string): string {
  if (/^\s*(\*|\/\/|\/\*)/.test(line) || HELP_EXAMPLE.test(line)) return ''
  return line.replace(COMMENT, '')
}
