// Run as a process of its own, to be killed: holds a scratch database until it is told to end.
import { testHost } from 'dbvault/testing'
import { once } from 'node:events'
import { createScratchDatabase } from '../../src/scratch/scratch-database.ts'

const server = {
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  user: 'postgres',
  password: { reveal: () => process.env['CANARY'] ?? '' },
  tls: { mode: 'disable' },
  maintenanceDatabase: 'postgres',
  lockTimeout: 30,
} as const
{
  await using scratch = await createScratchDatabase(server, 'TEMPLATE template0', testHost())
  process.send?.(scratch.place.database)
  await once(process, 'message')
}
process.disconnect()
