import { sharedS3 } from '../../../test/servers/s3-server.ts'
import { cloudOnCommandLine } from '../../../test/support/cloud-on-command-line.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

const SECRET = 'hunter22+hunter22'

describe('dbvault with --cloud minio', () => {
  needs('minio')

  cloudOnCommandLine({
    name: 'minio',
    scheme: 'minio',
    flags: { place: '--minio-bucket', key: '--minio-object' },
    async start() {
      const server = await sharedS3('minio')
      const proxy = await startHttpProxy(server.endpoint)
      return {
        proxy,
        environment: {
          MINIO_ACCESS_KEY: server.accessKey,
          MINIO_SECRET_KEY: server.secretKey,
          MINIO_ENDPOINT: `127.0.0.1:${proxy.port}`,
          DBVAULT_MINIO_INSECURE: 'true',
        },
        makePlace: () => makeBucket(server),
        [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
      }
    },
    steps: { part: (n) => is('part', n), last: is('complete'), get: is('get') },
    busy: { answer: 503, body: errorBody('SlowDown') },
    listsUnfinished: true,
    goAhead(proxy, ms) {
      const later = { 'last-modified': new Date(Date.now() + ms).toUTCString() }
      proxy.plant(({ path }) => path.includes('dbvault-prune'), { changeHeaders: later }, 10)
    },
    wrong: (environment) => ({
      environment: { ...environment, MINIO_SECRET_KEY: SECRET },
      secret: SECRET,
      says: /Error: Cannot .*: the secret key is not the one that goes with the access key/,
    }),
  })
})
