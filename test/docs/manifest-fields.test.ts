import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { documentPath } from './fenced-block.ts'
import { Workplace } from './workplace.ts'

/** Fields whose content is the engine's or the user's own. */
const OPEN = ['fingerprint', 'labels', 'proof.compared']

describe('docs/format.md', () => {
  for (const [title, flags] of [
    ['not encrypted', '--label by=test'],
    ['encrypted with a key', '--key-file vault.key'],
    ['encrypted to a recipient', '-r "$(age-keygen -y identity.txt)"'],
  ] as const) {
    it(`names every field of the manifest of a backup that is ${title}`, async () => {
      await using workplace = await Workplace.create()
      await workplace.output("sqlite3 shop.db 'CREATE TABLE t (a)' && dbvault keygen -s vault.key")
      await workplace.output('age-keygen -o identity.txt')
      const json = await workplace.output(`dbvault backup --db sqlite -D shop.db -o backups --json ${flags}`)
      const { backups } = JSON.parse(json) as { backups: [{ locations: [{ manifest: string }] }] }
      const manifest = JSON.parse(await readFile(fileURLToPath(backups[0].locations[0].manifest), 'utf8')) as object
      const documented = documentedFields(await readFile(documentPath('docs/format.md'), 'utf8'))
      const silent = fieldsOf(manifest, '').filter((field) => !documented.has(field))
      assert.deepEqual(silent, [])
    })
  }
})

function fieldsOf(value: unknown, at: string): string[] {
  if (OPEN.includes(at) || typeof value !== 'object' || value === null) return [at]
  if (Array.isArray(value)) return value.length === 0 ? [`${at}[]`] : fieldsOf(value[0], `${at}[]`)
  return Object.entries(value).flatMap(([name, field]) => fieldsOf(field, at === '' ? name : `${at}.${name}`))
}

/** The first cells of its tables: `a.b`, and after a comma `.c` for `a.c`. */
function documentedFields(markdown: string): ReadonlySet<string> {
  const fields = new Set<string>()
  for (const [, cell = ''] of markdown.matchAll(/^\| (`.*?)\|/gm)) {
    let last = ''
    for (const [, name = ''] of cell.matchAll(/`([^`]+)`/g)) {
      last = name.startsWith('.') ? last.slice(0, last.lastIndexOf('.')) + name : name
      fields.add(last)
    }
  }
  return fields
}
