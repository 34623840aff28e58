import { sharedGcs } from '../../../test/servers/gcs.ts'
import { cloudOnCommandLine } from '../../../test/support/cloud-on-command-line.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeBucket } from './support/bucket.ts'
import { startGcsFront } from './support/gcs-front.ts'
import { errorBody, is } from './support/requests.ts'

const PART = 8 * 1024 ** 2

describe('dbvault with --cloud gcp', () => {
  needs('fake-gcs-server')

  cloudOnCommandLine({
    name: 'gcp',
    scheme: 'gs',
    flags: { place: '--gcp-bucket', key: '--gcp-blob' },
    async start() {
      const front = await startGcsFront((await sharedGcs()).endpoint)
      const proxy = await startHttpProxy(front.url)
      return {
        proxy,
        environment: { STORAGE_EMULATOR_HOST: proxy.url },
        async makePlace() {
          const bucket = await makeBucket()
          const open = (): string[] => (front.isOpen(bucket.name) ? ['(upload)'] : [])
          return { name: bucket.name, left: async () => [...(await bucket.left()), ...open()] }
        },
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]()
          await front[Symbol.asyncDispose]()
        },
      }
    },
    steps: { part: (n) => is('part', (n - 1) * PART), last: is('finish'), get: is('get') },
    busy: { answer: 503, body: errorBody('backendError', 503) },
    listsUnfinished: false,
    goAhead(proxy, ms) {
      const later = new Date(Date.now() + ms).toISOString()
      const changeAnswer = (body: string): string =>
        body.replaceAll(/"(updated|timeCreated)":"[^"]*"/g, `"$1":"${later}"`)
      proxy.plant(({ path }) => path.includes('dbvault-prune'), { changeAnswer }, 10)
    },
    wrong: () => ({
      environment: { METADATA_SERVER_DETECTION: 'none', DBVAULT_GCP_ENDPOINT: 'https://127.0.0.1:1' },
      says: /Error: Cannot .*: there are no credentials/,
    }),
  })
})
