// Run as a process of its own, to be killed: starts a private server in argv[2] and says which process it is.
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { testHost } from 'dbvault/testing'
import { startPrivateServer } from '../../src/scratch/private-server.ts'
import { findTools } from '../../src/tools/find-tools.ts'

const tempRoot = String(process.argv[2])
chmodSync(tempRoot, 0o711)
const host = testHost({ within: tempRoot })
const tools = (await findTools(undefined, host)).find(({ hasServer }) => hasServer)
if (tools === undefined) throw new Error('PostgreSQL is not installed')
const { server } = await startPrivateServer(tools, 1, host)
const pid = Number.parseInt(readFileSync(join(server.host, 'data/postmaster.pid'), 'utf8'), 10)
process.send?.({ pid })
