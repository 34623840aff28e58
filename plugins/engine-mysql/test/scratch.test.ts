import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, it } from 'mocha'
import { whereServed } from '../../../test/servers/mysql.ts'
import { dumped, proved, restored, serverOf } from './support/exam.ts'
import { at, fixtureSql, madeDatabase } from './support/harness.ts'

const CLI = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))
const run = promisify(execFile)

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `scratch for ${vendor}`, function () {
    this.timeout(240_000)
    const server = serverOf(vendor)
    const folders: string[] = []
    const folder = (): string => {
      folders.push(mkdtempSync(join(tmpdir(), 'dbvault-out-')))
      return folders.at(-1) ?? ''
    }

    afterEach(async () => {
      for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
      assert.equal(await schemas(), '')
    })

    const schemas = () =>
      server().sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbvault%'")

    const cli = (args: readonly string[], database: string, tempDir = tmpdir()) => {
      const { port, user, password, binDir } = server()
      const login = ['--db', 'mysql', '-H', `127.0.0.1:${port}`, '-u', user, '-D', database]
      const programs = binDir === undefined ? [] : ['--mysql-bin-dir', binDir]
      const env = { PATH: process.env['PATH'], HOME: tempDir, TMPDIR: tempDir, DBVAULT_PASSWORD: password }
      return { args: [CLI, ...args, ...login, ...programs], options: { env, maxBuffer: 1e8 } }
    }

    it('proves on a private server what it dumped, events too', async () => {
      const source = at(server(), await madeDatabase(server(), fixtureSql(vendor)))
      const { members, fingerprint } = await dumped(source)
      const proof = await proved(members, source, fingerprint, 'private')
      assert.deepEqual([proof.outcome, proof.differences ?? [], proof.compared['events']], ['equal', [], 1])
    })

    it('proves without a fingerprint and without a source, by what the dump says of its server', async () => {
      const source = at(server(), await madeDatabase(server(), fixtureSql(vendor)))
      const { members } = await dumped(source)
      const { database: _, ...rest } = source
      const proof = await proved(members, { ...rest, database: '' }, undefined, 'private')
      assert.equal(proof.outcome, 'restorable')
    })

    it('never runs an event, wherever it is', async () => {
      const sql = `CREATE TABLE fired (db text); CREATE EVENT ev ON SCHEDULE EVERY 1 SECOND DO INSERT INTO {own}.fired VALUES (DATABASE());`
      const database = await madeDatabase(server(), '')
      await server().sql(sql.replace('{own}', database), database)
      const source = at(server(), database)
      const held = await dumped(source)
      await server().sql('DROP EVENT ev; DELETE FROM fired', database)
      for (const mode of ['source', 'private'] as const) await proved(held.members, source, held.fingerprint, mode)
      await delay(1500)
      assert.equal(await server().sql('SELECT * FROM fired', database), '')
      // It runs once it is restored for good.
      const target = `${database}_new`
      await restored(held.members, at(server(), target))
      while ((await server().sql('SELECT DISTINCT db FROM fired', database)) !== `${target}\n`) await delay(100)
      await server().sql(`DROP DATABASE ${target}`)
    })

    it('backs up, verifies and restores through the command line', async () => {
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const output = folder()
      const backup = cli(['backup', '-o', output, '--json'], database)
      const made = await run(process.execPath, backup.args, backup.options).catch(
        (error: { stdout: string; stderr: string }) => assert.fail(`${error.stdout}${error.stderr}`),
      )
      assert.equal(JSON.parse(made.stdout).backups[0].status, 'proven')
      const file =
        readdirSync(output, { recursive: true, encoding: 'utf8' }).find(
          (name) => /\.sql/.test(name) && !/events|manifest/.test(name),
        ) ?? ''
      const target = `${database}_cli`
      const restore = cli(['restore', join(output, file), '--json'], target)
      const back = await run(process.execPath, restore.args, restore.options).catch(
        (error: { stdout: string; stderr: string }) => assert.fail(`${error.stdout}${error.stderr}`),
      )
      assert.match(back.stdout, /"outcome": "equal"/)
      const dump = (name: string) =>
        server()
          .dump(name)
          .then((text) => text.replaceAll(name, 'X'))
      assert.equal(await dump(target), await dump(database))
      await server().sql(`DROP DATABASE ${target}`)
    })

    it('of a run that was killed is removed by the next one, and never that of a run that lives', async () => {
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const temporary = folder()
      const { args, options } = cli(['backup', '-o', folder(), '--scratch', 'source'], database, temporary)
      const child = spawn(process.execPath, args, { env: options.env, stdio: 'ignore' })
      while ((await schemas()) === '') assert.equal(child.exitCode, null, 'it made a scratch database')
      child.kill('SIGKILL')
      await once(child, 'exit')
      const left = (await schemas()).trim()
      const source = at(server(), database)
      const held = await dumped(source)
      // Two at once, both of which see what was left, and each other's.
      const proofs = await Promise.all([1, 2].map(() => proved(held.members, source, held.fingerprint)))
      assert.deepEqual(
        proofs.map(({ outcome }) => outcome),
        ['equal', 'equal'],
      )
      assert.ok(!(await schemas()).includes(left))
    })

    it('on a private server ends with the run, when that is killed too', async () => {
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const temporary = folder()
      const { args, options } = cli(['backup', '-o', folder(), '--scratch', 'private'], database, temporary)
      const child = spawn(process.execPath, args, { env: options.env, stdio: 'ignore' })
      while (servers(temporary).length === 0) {
        assert.equal(child.exitCode, null, 'it started a server')
        await delay(10)
      }
      child.kill('SIGKILL')
      await once(child, 'exit')
      const deadline = Date.now() + 20_000
      while (servers(temporary).length > 0) {
        assert.ok(Date.now() < deadline, 'the server is gone')
        await delay(10)
      }
    })
  })
}

/** Server processes that were started with this directory. */
function servers(temporary: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const line = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
      return line.includes(`--datadir=${temporary}`) && line.includes('--skip-networking')
    } catch {
      return false
    }
  })
}
