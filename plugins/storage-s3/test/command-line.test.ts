import assert from 'node:assert/strict'
import { OWNER, sharedS3, type S3Server } from '../../../test/servers/s3-server.ts'
import { cloudOnCommandLine } from '../../../test/support/cloud-on-command-line.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { Vault } from '../../../test/support/vault.ts'
import { makeBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

const SECRET = 'hunter22+hunter22'

const login = (server: S3Server, endpoint: string): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: server.accessKey,
  AWS_SECRET_ACCESS_KEY: server.secretKey,
  DBVAULT_S3_ENDPOINT: endpoint,
  DBVAULT_S3_OWNER: OWNER,
})

describe('dbvault with --cloud s3', () => {
  needs('versitygw')

  cloudOnCommandLine({
    name: 's3',
    scheme: 's3',
    flags: { place: '--s3-bucket', key: '--s3-key' },
    async start() {
      const server = await sharedS3('versitygw')
      const proxy = await startHttpProxy(server.endpoint)
      return {
        proxy,
        environment: login(server, proxy.url),
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
      environment: { ...environment, AWS_SECRET_ACCESS_KEY: SECRET },
      secret: SECRET,
      says: /Error: Cannot .*: the secret access key is not the one that goes with the access key/,
    }),
  })
})

describe('a bucket of another account', () => {
  needs('versitygw')

  it('gets no backup, and doctor says why', async () => {
    const server = await sharedS3('versitygw')
    await using vault = await Vault.create()
    const bucket = await makeBucket(server)
    const inBucket = ['--cloud', 's3', '--s3-bucket', bucket.name]
    const environment = { ...login(server, server.endpoint), DBVAULT_S3_OWNER: '999999999999' }
    const wrong = await vault.json(['backup', '--db', 'sqlite', '-D', 'shop.db', ...inBucket], environment)
    assert.deepEqual([wrong.exit, wrong.error?.code], [6, 'STORAGE_DENIED'])
    const { exit, stdout } = await vault.run(['doctor', ...inBucket], environment)
    assert.equal(exit, 6)
    assert.match(stdout, /999999999999/)
    assert.deepEqual(await bucket.left(), [])
  })
})
