import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

interface Commands {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, { readonly env?: string }>> }>>
}

const OWN = ['backup', 'copy', 'decrypt', 'doctor', 'keygen', 'list', 'prune', 'restore', 'show', 'verify']

/** Flags that no variable may stand for, and why. */
const FROM_ARGV_ONLY: readonly (readonly [why: string, flags: readonly string[]])[] = [
  ['deletes or replaces', ['prune --yes', 'restore --yes', 'restore --replace']],
  [
    'says what is kept, and so what is deleted',
    ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly', 'within'].map((rule) => `prune --keep-${rule}`),
  ],
  ['aims a restore', ['host', 'port', 'user', 'url', 'database'].map((flag) => `restore --${flag}`)],
  [
    'says which backups: one that is exported for a backup would narrow them down in silence',
    [
      ...['db', 'database'].flatMap((flag) => [`list --${flag}`, `prune --${flag}`]),
      ...['newest', 'db', 'from-database', 'ignore-manifest'].flatMap((flag) => [
        `restore --${flag}`,
        `verify --${flag}`,
      ]),
      'verify --all',
      'verify --sample',
      'copy --all',
    ],
  ],
  ['names one file for one call', ['decrypt --output']],
]

describe('every flag has a variable', () => {
  it('of its name, but those that no variable may stand for', async () => {
    const text = await readFile(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')
    const { commands } = JSON.parse(text) as Commands
    const without: string[] = []
    for (const id of OWN) {
      for (const [name, { env }] of Object.entries(commands[id]?.flags ?? {})) {
        if (env === undefined) without.push(`${id} --${name}`)
        else assert.equal(env, `DBVAULT_${name.toUpperCase().replaceAll('-', '_')}`)
      }
    }
    assert.deepEqual(without.toSorted(), FROM_ARGV_ONLY.flatMap(([, flags]) => flags).toSorted())
  })
})
