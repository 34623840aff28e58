import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { startRedis, type TestRedis } from '../../../test/servers/redis.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { clientOf } from './support/client.ts'
import { contentOf } from './support/content.ts'
import { fillWithEverything } from './support/everything.ts'

const BIN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

describe('dbvault with --db redis', () => {
  needs('redis', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-cli-'))
  after(() => rmSync(folder, { recursive: true }))

  const environment = (password: string): NodeJS.ProcessEnv => ({
    ...process.env,
    DBVAULT_PASSWORD: password,
    HOME: folder,
  })
  const dbvault = (password: string, ...args: string[]) =>
    spawnSync(process.execPath, [BIN, ...args], { env: environment(password), encoding: 'utf8' })
  const to = (server: TestRedis): string[] => ['-H', `127.0.0.1:${server.port}`]

  it('backs up, proves, verifies and restores; finds artifacts that are cut or flipped', async () => {
    const server = await startRedis()
    const target = await startRedis()
    await using client = clientOf(server)
    await using other = clientOf(target)
    await fillWithEverything(client)
    const made = dbvault(server.password, 'backup', '--db', 'redis', ...to(server), '-D', 'all', '-o', folder, '--json')
    assert.equal(made.status, 0, made.stderr)
    const { backups } = JSON.parse(made.stdout) as { backups: { id: string; status: string }[] }
    assert.equal(backups[0]?.status, 'proven')
    const verified = dbvault('', 'verify', String(backups[0]?.id), '-o', folder)
    assert.equal(verified.status, 0, verified.stderr)
    const restore = ['restore', '--newest', '--db', 'redis', '-o', folder, ...to(target), '-D', 'all']
    const restored = dbvault(target.password, ...restore)
    assert.equal(restored.status, 0, restored.stderr)
    assert.equal(await contentOf(other), await contentOf(client))
    const again = dbvault(target.password, ...restore)
    assert.equal(again.status, 8)
    assert.match(again.stderr, /not empty[^]*--replace/)

    const [artifact] = readdirSync(join(folder, 'redis')).filter((name) => /\.rdb\.\w+$/.test(name))
    const path = join(folder, 'redis', String(artifact))
    const whole = readFileSync(path)
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1)
    for (const bytes of [whole.subarray(0, -1), whole.subarray(0, whole.length >> 1), flipped]) {
      writeFileSync(path, bytes)
      assert.notEqual(dbvault('', 'verify', String(backups[0]?.id), '-o', folder).status, 0)
    }
    await server.stop()
    await target.stop()
  })

  it('backs up what a URL with TLS names, and trusts no other authority', async function () {
    const certificates = mkdtempSync(join(tmpdir(), 'dbvault-tls-'))
    const key = join(certificates, 'key.pem')
    const certificate = join(certificates, 'cert.pem')
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1,DNS:localhost',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    )
    const server = await startRedis({
      settings: {
        'tls-cert-file': certificate,
        'tls-key-file': key,
        'tls-ca-cert-file': certificate,
        'tls-auth-clients': 'optional',
      },
      tls: true,
    })
    const url = `rediss://:${encodeURIComponent(server.password)}@127.0.0.1:${server.tlsPort}/0`
    const ca = ['--redis-tls-ca', certificate]
    const made = dbvault('', 'backup', '--db', 'redis', '--url', url, '-o', folder, '--json', ...ca)
    assert.equal(made.status, 0, made.stderr)
    assert.match(made.stdout, /"database": "0"/)
    assert.ok(!(made.stdout + made.stderr).includes(encodeURIComponent(server.password)))
    const untrusted = dbvault('', 'backup', '--db', 'redis', '--url', url, '-o', folder, '--attempts', '1')
    assert.equal(untrusted.status, 3)
    assert.match(untrusted.stderr, /--redis-tls-ca/)
    await server.stop()
    rmSync(certificates, { recursive: true })
  })

  it('refuses a wrong password without a word of it', async () => {
    const server = await startRedis()
    const made = dbvault(
      'the-canary',
      'backup',
      '--db',
      'redis',
      ...to(server),
      '-D',
      'all',
      '-o',
      folder,
      '--attempts',
      '1',
    )
    assert.equal(made.status, 3)
    assert.ok(!(made.stdout + made.stderr).includes('the-canary'))
    assert.match(made.stderr, /did not accept the user and password/)
    await server.stop()
  })

  it('leaves nothing when it is interrupted in the middle of a dump, and the server without a replica', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    await using proxy = await startTcpProxy({ host: server.host, port: server.port })
    const place = mkdtempSync(join(tmpdir(), 'dbvault-cli-'))
    const args = ['backup', '--db', 'redis', '-H', `127.0.0.1:${proxy.port}`, '-D', 'all', '-o', place]
    const child = spawn(process.execPath, [BIN, ...args], { env: environment(server.password), stdio: 'ignore' })
    while (proxy.received < 200_000) await setImmediate()
    proxy.freeze()
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number]
    assert.equal(code, 130)
    assert.deepEqual(
      readdirSync(place, { recursive: true }).filter((name) => String(name).includes('.')),
      [],
    )
    rmSync(place, { recursive: true })
    await server.stop()
  })

  it('takes its private server along when it is killed in the middle of a proof, and the next run sweeps what is left', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await client.eval(`for i = 1, 50000 do redis.call('SET', 'key ' .. i, i .. string.rep('x', i % 30)) end`, 0)
    const place = mkdtempSync(join(tmpdir(), 'dbvault-cli-'))
    const args = ['--db', 'redis', ...to(server), '-D', 'all', '-o', join(place, 'out'), '--temp-dir', place]
    const child = spawn(process.execPath, [BIN, 'backup', ...args], {
      env: environment(server.password),
      stdio: 'ignore',
    })
    const exited = once(child, 'exit')
    while (serversOf(place).length === 0) await delay(5)
    child.kill('SIGKILL')
    await exited
    while (serversOf(place).length > 0) await delay(5)
    assert.ok(readdirSync(place).some((name) => name.startsWith('dbvault-')))
    await client.flushall()
    const again = dbvault(server.password, 'backup', ...args)
    assert.equal(again.status, 0, again.stderr)
    assert.deepEqual(readdirSync(place), ['out'])
    rmSync(place, { recursive: true })
    await server.stop()
  })
})

/** Processes whose arguments name a directory. */
function serversOf(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const shown = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return shown.includes(directory) && shown.includes('unixsocket')
    } catch {
      return false
    }
  })
}
