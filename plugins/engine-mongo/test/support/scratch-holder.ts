// Run as a process of its own, to be killed: holds a scratch database on the server at argv[2] until it is told to end.
import { testHost } from 'dbvault/testing'
import { once } from 'node:events'
import { createScratchDatabase } from '../../src/scratch/scratch-database.ts'
import { placeOf } from '../../src/server/place.ts'
import { defaults } from './flags.ts'

const host = testHost()
const url = { reveal: () => process.env['CANARY'] ?? '' }
{
  await using scratch = await createScratchDatabase(placeOf({ database: '', url, flags: defaults }, host), host)
  await scratch.server.command(scratch.database, { create: 'half' })
  process.send?.(scratch.database)
  await once(process, 'message')
}
process.disconnect()
