// Run as a process of its own, to be killed: restores the archive in the file argv[2], of which the fingerprint is argv[3],
// in place of what is in the database argv[4] on the server at the port argv[5].
import type { Fingerprint } from 'dbvault'
import { testHost } from 'dbvault/testing'
import { readFileSync } from 'node:fs'
import engine from '../../src/index.ts'
import { storedArchive } from './archives.ts'
import { defaults } from './flags.ts'

const [file = '', fingerprint = '', database = '', port] = process.argv.slice(2)
const { user, password } = JSON.parse(process.env['CANARY'] ?? '{}') as { user: string; password: string }
await using host = testHost()
await engine.restore(
  {
    stored: storedArchive(readFileSync(file)),
    expected: JSON.parse(fingerprint) as Fingerprint,
    target: {
      database,
      host: '127.0.0.1',
      port: Number(port),
      user,
      password: { reveal: () => password },
      flags: defaults,
      replace: true,
    },
  },
  host,
)
