import { sharedAzure } from '../../../test/servers/azurite.ts'
import { cloudOnCommandLine } from '../../../test/support/cloud-on-command-line.ts'
import { type SeenRequest, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { connectionString, makeContainer } from './support/container.ts'
import { is } from './support/requests.ts'

const SECRET = Buffer.from('hunter22hunter22').toString('base64')

describe('dbvault with --cloud azure', () => {
  needs('azurite')

  cloudOnCommandLine({
    name: 'azure',
    scheme: 'azure',
    flags: { place: '--azure-container', key: '--azure-blob' },
    async start() {
      const server = await sharedAzure()
      const proxy = await startHttpProxy(new URL(server.url).origin)
      return {
        proxy,
        environment: {
          AZURE_STORAGE_CONNECTION_STRING: connectionString({ ...server, url: `${proxy.url}/${server.account}` }),
        },
        makePlace: () => makeContainer(server),
        [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
      }
    },
    steps: { part: nthBlock, last: is('commit'), get: is('get') },
    busy: { answer: 503, headers: { 'x-ms-error-code': 'ServerBusy' } },
    listsUnfinished: true,
    goAhead(proxy, ms) {
      const later = { 'last-modified': new Date(Date.now() + ms).toUTCString() }
      proxy.plant(({ path }) => path.includes('dbvault-prune'), { changeHeaders: later }, 10)
    },
    wrong: (environment) => ({
      environment: {
        AZURE_STORAGE_CONNECTION_STRING: (environment['AZURE_STORAGE_CONNECTION_STRING'] ?? '').replace(
          /AccountKey=[^;]*/,
          `AccountKey=${SECRET}`,
        ),
      },
      secret: SECRET,
      says: /Error: Cannot .*: the server refuses the login/,
    }),
  })
})

/** Ids of blocks are of no order that could be told; what is sent anew keeps its id. */
function nthBlock(n: number): (request: SeenRequest) => boolean {
  const ids = new Set<string>()
  return (request) => {
    const id = request.query.get('blockid') ?? ''
    if (!is('block')(request)) return false
    ids.add(id)
    return [...ids].indexOf(id) === n - 1
  }
}
