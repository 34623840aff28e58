import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { publint } from 'publint'
import { differences } from '../../examples/differences.ts'
import { createPlugin } from '../../src/cli/plugins/create-plugin.ts'
import { takeTour } from '../docs/tour.ts'
import { OLDEST_NODE, needs } from '../support/tools.ts'
import { MISTAKES } from './mistakes.ts'
import { type Ended, Published, run } from './published.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const SHOP = join(ROOT, 'examples/shop.db')
const EXPECTED =
  /^(LICENSE|README\.md|package\.json|oclif\.manifest\.json|bin\/run\.js|templates\/.*|dist\/[^.].*\.(js|d\.ts))$/

describe('the published packages', () => {
  let published: Published

  before(async () => {
    published = await Published.pack()
  })
  after(() => published[Symbol.asyncDispose]())

  it('are dbvault with the plugins that come along, and those that are installed separately', () => {
    const separate = published.tarballs.filter(({ comesAlong }) => !comesAlong).map(({ name }) => name)
    assert.deepEqual(separate, ['@dbvault/engine-db2'])
  })

  it('hold the built code, its types, a licence and a description, and nothing else', () => {
    for (const { name, files, size, unpackedSize } of published.tarballs) {
      console.log(`      ${name}: ${files.length} files, ${kb(size)} packed, ${kb(unpackedSize)} unpacked`)
      assert.deepEqual(
        files.filter((file) => !EXPECTED.test(file)),
        [],
      )
      for (const file of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']) {
        assert.ok(files.includes(file), `${name} has no ${file}`)
      }
    }
  })

  it('hold no code whose source is gone', () => {
    for (const { name, files } of published.tarballs) {
      const home = name === 'dbvault' ? ROOT : join(ROOT, 'plugins', name.replace('@dbvault/', ''))
      const built = files.filter((file) => file.startsWith('dist/'))
      const sources = built.map((file) => file.replace(/^dist/, 'src').replace(/\.(d\.ts|js)$/, '.ts'))
      assert.deepEqual(
        sources.filter((source) => !existsSync(join(home, source))),
        [],
      )
    }
  })

  it('have nothing that publint would mend', async () => {
    for (const { name, path } of published.tarballs) {
      const tarball = (await readFile(path)).buffer
      const { messages } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
      assert.deepEqual(messages, [], name)
    }
  })

  describe('installed where nothing else is', () => {
    needs('the oldest node')
    let app: string

    before(async function () {
      this.timeout(300_000)
      app = await published.install(OLDEST_NODE)
    })

    it('are those that were packed, each once', async () => {
      const lock = JSON.parse(await readFile(join(app, 'package-lock.json'), 'utf8')) as {
        packages: Record<string, { resolved?: string }>
      }
      const ours = Object.entries(lock.packages).filter(([folder]) =>
        /node_modules\/(@dbvault\/|dbvault$)/.test(folder),
      )
      assert.equal(ours.length, published.tarballs.filter(({ comesAlong }) => comesAlong).length)
      for (const [folder, { resolved }] of ours) assert.match(String(resolved), /^file:.*\.tgz$/, folder)
    })

    it('take, list, verify and restore an encrypted backup under the oldest supported Node', async () => {
      await cp(SHOP, join(app, 'shop.db'))
      await succeeds('keygen', '--save', 'vault.key')
      const key = ['--key-file', 'vault.key']
      const place = ['-o', 'backups', ...key]
      const { backups } = JSON.parse(
        await succeeds('backup', '--db', 'sqlite', '-D', 'shop.db', '--json', ...place),
      ) as {
        backups: { id: string; status: string; artifact: { encryption: string } }[]
      }
      assert.equal(backups.length, 1)
      assert.equal(backups[0]?.status, 'proven')
      assert.equal(backups[0].artifact.encryption, 'fernet')
      assert.match(await succeeds('list', ...place), /^shop-\w+-\w+ +sqlite +proven /m)
      await succeeds('verify', backups[0].id, ...place)
      await succeeds('restore', backups[0].id, '-D', 'restored.db', ...place)
      assert.deepEqual(differences(SHOP, join(app, 'restored.db')), [])
    })

    it('can be imported as a library, with types that hold for a strict reader', async () => {
      await writeFile(
        join(app, 'reader.ts'),
        `import sqlite from '@dbvault/engine-sqlite'
         import { backup, contextOf, localStorage, type BackupRequest, type Engine } from 'dbvault'
         import { engineConformance, storageConformance } from 'dbvault/testing'
         export const engine: Engine<never> = sqlite as never
         export type Request = BackupRequest
         export { backup, contextOf, engineConformance, localStorage, storageConformance }\n`,
      )
      const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext']
      const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node']
      const env = { PATH: process.env['PATH'] }
      const { stdout } = await run(process.execPath, [TSC, ...options, ...types, 'reader.ts'], { cwd: app, env })
      assert.equal(stdout, '')
      const source = "import('dbvault').then(({ backup, restore }) => console.log(typeof backup, typeof restore))"
      const ended = await run(OLDEST_NODE, ['--input-type=module', '-e', source], { cwd: app, env })
      assert.equal(ended.stdout, 'function function\n')
    })

    it('are a library, as its page says, for ES modules and for CommonJS', async () => {
      const taken = await takeTour('docs/library.md', {
        root: app,
        async sh(script, cwd) {
          await Promise.all(
            ['backups', 'restored.db'].map((name) => rm(join(app, name), { recursive: true, force: true })),
          )
          const { code, stdout, stderr } = await run('sh', ['-ec', script], { cwd, env: ofUser() })
          return { exit: code, stdout, stderr }
        },
      })
      assert.equal(taken.length, 4)
    })

    for (const { what, file, right, wrong, at = wrong, said } of MISTAKES) {
      it(`tell an author in the right line that ${what}`, async () => {
        const folder = join(app, 'mistaken')
        await rm(folder, { recursive: true, force: true })
        await createPlugin(
          { package: 'dbvault-engine-rows', kind: 'engine', name: 'rows' },
          folder,
          join(ROOT, 'templates'),
          '0.1.0',
        )
        const source = await readFile(join(folder, file), 'utf8')
        assert.ok(source.includes(right))
        const mistaken = source.replace(right, wrong)
        const line = mistaken.slice(0, mistaken.indexOf(at)).split('\n').length
        const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--noEmit', '--pretty', 'false']
        await writeFile(join(folder, file), mistaken)
        const { stdout } = await run(process.execPath, [TSC, ...types], { cwd: folder, env: ofUser() })
        const [first = ''] = stdout.split('\n').filter((text) => text.startsWith(file))
        const [place = '', message = ''] = first.split(/(?<=\)): error TS\d+: /)
        assert.ok(Math.abs(Number(/\((\d+),/.exec(place)?.[1]) - line) <= 1, first)
        assert.match(message, said)
      })
    }

    async function succeeds(...args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await dbvault(args)
      assert.equal(code, 0, `dbvault ${args.join(' ')}: ${stderr}`)
      return stdout
    }

    /** As a user of the oldest Node would call it: through the link that npm made. */
    async function dbvault(args: readonly string[]): Promise<Ended> {
      await mkdir(join(app, 'home'), { recursive: true })
      return run(join(app, 'node_modules/.bin/dbvault'), args, { cwd: app, env: ofUser() })
    }

    function ofUser(): NodeJS.ProcessEnv {
      return { HOME: join(app, 'home'), PATH: `${join(OLDEST_NODE, '..')}${delimiter}${process.env['PATH']}` }
    }
  })
})

function kb(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`
}
