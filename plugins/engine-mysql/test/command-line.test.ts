import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { after, it } from 'mocha'
import { whereServed } from '../../../test/servers/mysql.ts'
import { serverOf } from './support/exam.ts'
import { fixtureSql, madeDatabase } from './support/harness.ts'
import { inventory } from './support/inventory.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

interface Run {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `dbvault with --db mysql on ${vendor}`, function () {
    this.timeout(180_000)
    const server = serverOf(vendor)
    const folder = mkdtempSync(join(tmpdir(), 'dbvault-cli-'))
    after(() => rmSync(folder, { recursive: true }))

    const login = (user = server().user): string[] => {
      const { port, binDir } = server()
      const programs = binDir === undefined ? [] : ['--mysql-bin-dir', binDir]
      return ['--db', 'mysql', '-H', `127.0.0.1:${port}`, '-u', user, ...programs]
    }

    function start(args: readonly string[], variables: Record<string, string> = {}): ChildProcess {
      const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, NO_COLOR: '1', ...variables }
      return spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    }

    async function finished(child: ChildProcess): Promise<Run> {
      assert.ok(child.stdout && child.stderr)
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
      return { exit: child.exitCode, stdout, stderr }
    }

    const dbvault = (args: readonly string[], variables: Record<string, string> = {}): Promise<Run> =>
      finished(start(args, { DBVAULT_PASSWORD: server().password, ...variables }))

    it('brings back every kind of object, and finds artifacts that are cut or flipped', async () => {
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const output = join(folder, 'kinds')
      const made = await dbvault(['backup', ...login(), '-D', database, '-o', output, '--json'])
      assert.equal(made.exit, 0, made.stderr)
      const { id, status } = JSON.parse(made.stdout).backups[0]
      assert.equal(status, 'proven')
      const target = `${database}_2`
      const newest = ['restore', '--newest', '--from-database', database, '-o', output]
      const restored = await dbvault([...newest, ...login(), '-D', target])
      assert.equal(restored.exit, 0, restored.stderr)
      assert.equal(await inventory(server(), target), await inventory(server(), database))
      // The trigger's definer is not there.
      assert.match(restored.stderr, /trigger "trg" \(gone@%\)/)
      const again = await dbvault([...newest, ...login(), '-D', target])
      assert.equal(again.exit, 8, again.stderr)

      const [artifact = ''] = readdirSync(join(output, 'mysql')).filter((name) => /Z-\w+\.sql\.\w+$/.test(name))
      const path = join(output, 'mysql', artifact)
      const whole = readFileSync(path)
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1)
      for (const bytes of [whole.subarray(0, -1), whole.subarray(0, whole.length >> 1), flipped]) {
        writeFileSync(path, bytes)
        const { binDir } = server()
        const found = await dbvault(['verify', id, '-o', output], { ...(binDir && { DBVAULT_MYSQL_BIN_DIR: binDir }) })
        assert.equal(found.exit, 7, found.stderr)
      }
    })

    it('backs up several databases at once, those that are named and all that a user sees', async () => {
      const [one, two] = [await madeDatabase(server(), 'CREATE TABLE t (i int);'), await madeDatabase(server(), '')]
      const user = `u${one}`
      const rights = vendor === 'MariaDB' ? 'SELECT ON mysql.proc' : 'SHOW_ROUTINE, RELOAD ON *.*'
      await server().sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'x'; GRANT ${rights} TO ${user}@'%';
        GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${one}.* TO ${user}@'%'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${two}.* TO ${user}@'%'`)
      for (const which of [['--all-databases'], ['-D', one, '-D', two]]) {
        const args = ['backup', ...login(user), ...which, '-a', '-o', join(folder, 'several'), '--json']
        const made = await dbvault(args, { DBVAULT_PASSWORD: 'x' })
        assert.equal(made.exit, 0, made.stderr)
        const backups = JSON.parse(made.stdout).backups as { database: string; status: string }[]
        const names = backups.map(({ database, status }) => `${database} ${status}`)
        assert.deepEqual(names.sort(), [`${one} proven`, `${two} proven`].sort())
      }
    })

    it('records what a dump lacks when that is accepted, and lists it', async () => {
      const database = await madeDatabase(server(), 'CREATE TABLE t (i int);')
      const user = `u${database}`
      await server().sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'x'; GRANT SELECT ON ${database}.* TO ${user}@'%'`)
      const output = join(folder, 'incomplete')
      const args = ['backup', ...login(user), '-D', database, '-o', output]
      const refused = await dbvault(args, { DBVAULT_PASSWORD: 'x' })
      assert.equal(refused.exit, 4)
      for (const right of ['SHOW VIEW', 'TRIGGER', 'EVENT'])
        assert.match(refused.stderr, new RegExp(`GRANT ${right} ON`))
      const made = await dbvault([...args, '--allow-incomplete'], { DBVAULT_PASSWORD: 'x' })
      assert.equal(made.exit, 0, made.stderr)
      const [manifest = ''] = readdirSync(join(output, 'mysql')).filter((name) => name.endsWith('.json'))
      const { incomplete } = JSON.parse(readFileSync(join(output, 'mysql', manifest), 'utf8'))
      assert.match(incomplete.join(), /lacks TRIGGER/)
      assert.match((await dbvault(['list', '-o', output])).stdout, /INCOMPLETE/)
    })

    it('takes the password from MYSQL_PWD, and shows it to no program that it runs', async () => {
      const { password } = server()
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const args = ['backup', ...login(), '-D', database, '-o', join(folder, 'secret'), '--scratch', 'source']
      const child = start(args, { MYSQL_PWD: password })
      const seen = new Set<string>()
      const sampling = setInterval(() => {
        for (const { pid, line, environment } of descendants(child.pid ?? 0)) {
          // The programs of another release are started by their loader.
          for (const word of line.split('\0')) seen.add(word.split('/').at(-1) ?? '')
          assert.ok(!line.includes(password) && !environment.includes(password), `${pid} ${line}`)
        }
      }, 2)
      const { exit, stdout, stderr } = await finished(child).finally(() => clearInterval(sampling))
      assert.equal(exit, 0, stderr)
      assert.ok(!(stdout + stderr).includes(password))
      const names = vendor === 'MariaDB' ? ['mariadb', 'mariadb-dump'] : ['mysql', 'mysqldump']
      for (const name of names)
        assert.ok(
          [...seen].some((found) => found === name),
          `${name} among ${[...seen].join()}`,
        )
    })

    it('ends at once on Ctrl-C, and leaves nothing', async () => {
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const output = join(folder, 'interrupted')
      const args = ['backup', ...login(), '-D', database, '-o', output, '--scratch', 'source']
      const child = start(args, { DBVAULT_PASSWORD: server().password })
      const scratch = "SHOW DATABASES LIKE 'dbvault\\_scratch%'"
      const running = finished(child)
      while ((await server().sql(scratch)) === '') assert.equal(child.exitCode, null, 'it proves')
      child.kill('SIGINT')
      const { exit } = await running
      assert.equal(exit, 130)
      assert.equal(await server().sql(scratch), '')
      assert.deepEqual(readdirSync(join(output, 'mysql')), [])
    })

    it('says what is wrong with a password or a database that is not there', async () => {
      const database = await madeDatabase(server(), '')
      const args = ['backup', ...login(), '-o', join(folder, 'wrong'), '--attempts', '1']
      const denied = await dbvault([...args, '-D', database], { DBVAULT_PASSWORD: 'the-canary' })
      assert.equal(denied.exit, 3)
      assert.match(denied.stderr, /refused the user or the password/)
      assert.ok(!denied.stderr.includes('the-canary'))
      const absent = await dbvault([...args, '-D', 'nothing_of_that_name'])
      assert.equal(absent.exit, 3)
      assert.match(absent.stderr, /has no such database/)
    })
  })
}

interface Process {
  readonly pid: string
  readonly line: string
  readonly environment: string
}

/** Processes that were started by this one, or by one of those. */
function descendants(root: number): Process[] {
  const parents = new Map<string, string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      parents.set(
        pid,
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[1] ?? '',
      )
    } catch {} // It has ended.
  }
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && pid !== '0' && (parents.get(pid) === String(root) || isOurs(parents.get(pid)))
  return [...parents.keys()].filter(isOurs).flatMap((pid) => {
    try {
      const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'latin1')
      return [{ pid, line: read('cmdline'), environment: read('environ') }]
    } catch {
      return []
    }
  })
}
