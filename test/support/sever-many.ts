// Run as a process of its own: breaks connections in every state at a gate, again and again, and ends if Node lets it.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { startGate } from './gate.ts'

const server = createServer((socket) => socket.on('error', () => {}).on('data', (chunk) => socket.write(chunk)))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
for (let round = 0; round < 100; round++) {
  const accept = round % 2 === 0
  await using gate = await startGate(port, (request) => request.includes('cut'), accept)
  const clients = Array.from({ length: 6 }, () => connect(gate.port, '127.0.0.1').on('error', () => {}))
  await Promise.all(clients.slice(0, 4).map((client) => once(client, 'connect')))
  for (const [index, client] of clients.entries()) {
    client.write(index === 0 ? 'cut' : 'hello')
    if (index % 3 === 1 || (index === 2 && round % 3 === 0)) client.end()
  }
  await gate.broken
  if (round % 4 === 0) await turn()
  for (const client of clients) client.destroy()
}
server.close()
