// Run as a process of its own, to be killed: restores the archive argv[2] into the database argv[4].
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { testHost } from 'dbvault/testing'
import engine from '../../src/index.ts'
import { defaults } from './flags.ts'

const [, , path = '', port, database = ''] = process.argv
const whole = readFileSync(path)

const open = async () => Readable.from([whole], { objectMode: false })
const password = { reveal: () => process.env['CANARY'] ?? '' }
const target = {
  database,
  host: '127.0.0.1',
  port: Number(port),
  user: 'postgres',
  password,
  flags: defaults,
  replace: false,
}
const format = { id: 'postgres-archive', extension: 'dump' }
await engine.restore({ stored: [{ name: 'main', format, open }], target }, testHost())
