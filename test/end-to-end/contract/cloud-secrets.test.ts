import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { Vault } from '../../support/vault.ts'

const KEY = 'canary+of/an==account-key'
const CONNECTION = `Account=backups;AccountKey=${KEY};Suffix=example.org`
const FIXTURE = new URL('../../fixtures/plugins/dbvault-storage-folder/', import.meta.url)

/** Tells all that it knows, in every way in which a library can. */
const LEAKY = `
  const tell = (connection) => ({
    probe: async (host) => { host.report({ kind: 'warning', message: 'using ' + connection }); return { writable: true, notes: [] } },
    put: async (key, body, host) => { body.on('error', () => {}).destroy(); throw host.error('STORAGE_DENIED', 'refused ' + connection, { hints: ['not ' + connection.split('=').slice(2).join('=').split(';')[0]] }) },
    async *list() { throw new Error('a bug that quotes ' + connection) },
  })
`

describe('the connection string of a cloud', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
    const index = await readFile(new URL('index.js', FIXTURE), 'utf8')
    const descriptor = JSON.parse(await readFile(new URL('package.json', FIXTURE), 'utf8')) as {
      dbvault: { flags: Record<string, object> }
    }
    descriptor.dbvault.flags['connection'] = {
      type: 'string',
      summary: 'Connection string.',
      secret: true,
      env: ['FOLDER_CONNECTION'],
    }
    await vault.user.link('dbvault-storage-folder', {
      'package.json': JSON.stringify(descriptor),
      'index.js': index
        .replace('export default {', `${LEAKY}\nexport default {`)
        .replace('async open({ path }, host) {', 'async open({ path, connection }, host) {')
        .replace('return folder(resolve(path))', 'return { ...folder(resolve(path)), ...tell(connection) }'),
    })
  })
  after(() => vault[Symbol.asyncDispose]())

  const place = ['--cloud', 'folder', '--folder-path', 'far']
  for (const [what, argv, code] of [
    ['a backup', ['backup', '--db', 'sqlite', '-D', 'shop.db', ...place], 6],
    ['a listing', ['list', ...place], 1],
    ['doctor', ['doctor', ...place], 6],
  ] as const) {
    it(`is told by ${what} nowhere, whatever its plugin says, in whatever format`, async () => {
      for (const json of [[], ['--json']]) {
        for (const [more, environment] of [
          [[], { FOLDER_CONNECTION: CONNECTION }],
          [['--folder-connection', CONNECTION], {}],
        ] as const) {
          const { exit, stdout, stderr } = await vault.run([...argv, ...json, ...more], environment)
          assert.equal(exit, code, stderr)
          assert.doesNotMatch(stdout + stderr, /canary/)
          assert.match(stdout + stderr, /\[secret\]/)
        }
      }
    })
  }
})
