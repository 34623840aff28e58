import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const USER = 'ann'
export const PASSWORD = 'se/cret:ü'

async function freePort(): Promise<number> {
  await using listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return (listener.address() as { port: number }).port
}

/** A real one, on a port of its own: rclone (https://rclone.org) with a folder behind it. */
async function start(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'webdav-'))
  const address = `127.0.0.1:${await freePort()}`
  const args = ['serve', 'webdav', folder, '--addr', address, '--config', '']
  const env = { PATH: process.env['PATH'], HOME: folder, RCLONE_USER: USER, RCLONE_PASS: PASSWORD }
  const server = spawn('rclone', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const exited = once(server, 'exit')
  const url = `http://${address}/`
  while (!(await fetch(url).catch(() => undefined))) {
    if (server.exitCode !== null) throw new Error(`rclone did not start: ${said}`)
    await delay(50)
  }
  const stop = async (): Promise<void> => {
    server.kill()
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  // Also when the tests are stopped in the middle.
  process.on('exit', () => server.kill('SIGKILL'))
  return { url, stop }
}

export const server = await start()
