import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DbvaultError, ErrorCode, FlagValues, Storage } from 'dbvault'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { sharedGcs } from '../../../test/servers/gcs.ts'
import { type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import type { Flags } from '../src/descriptor.ts'
import { makeBucket, type TestBucket } from './support/bucket.ts'
import { errorBody } from './support/requests.ts'

const LARGE = patterned(9_000_000)
const LOGIN = ['GOOGLE_APPLICATION_CREDENTIALS', 'HOME', 'METADATA_SERVER_DETECTION', 'CLOUDSDK_CONFIG'] as const

describe('the way into a bucket of Google Cloud Storage', () => {
  needs('fake-gcs-server')
  let proxy: HttpProxy
  let bucket: TestBucket
  let host: TestHost
  let folder: string
  let environment: readonly (readonly [string, string | undefined])[]

  before(async () => {
    proxy = await startHttpProxy((await sharedGcs()).endpoint)
    bucket = await makeBucket()
  })
  beforeEach(() => {
    host = testHost()
    folder = mkdtempSync(join(tmpdir(), 'dbvault-gcp-'))
    environment = LOGIN.map((name) => [name, process.env[name]])
    Object.assign(process.env, { HOME: folder, CLOUDSDK_CONFIG: folder, METADATA_SERVER_DETECTION: 'none' })
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS']
  })
  afterEach(async () => {
    for (const [name, value] of environment) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(folder, { recursive: true })
    proxy.heal()
    await host[Symbol.asyncDispose]()
  })
  after(() => proxy[Symbol.asyncDispose]())

  /** What every call fails with. */
  async function failure(code: ErrorCode, given: Partial<FlagValues<Flags>>): Promise<DbvaultError> {
    await using storage = await bucket.open({ endpoint: proxy.url, ...given })
    const errors: DbvaultError[] = []
    for (const call of callsOn(storage)) errors.push(await rejectsWith(call(), code))
    return errors[0] as DbvaultError
  }

  const callsOn = (storage: Storage): (() => Promise<unknown>)[] => [
    () => Array.fromAsync(storage.list('', host)),
    () => storage.stat('key', host),
    () => storage.get('key', host),
    () => storage.put('key', bodyOf(Buffer.from('x')), host),
    () => storage.put('key', bodyOf(LARGE), host),
    () => storage.delete('key', host),
    () => storage.probe(host),
  ]

  it('says which name cannot be resolved', async () => {
    const error = await failure('STORAGE_UNREACHABLE', { endpoint: 'http://nowhere.invalid' })
    assert.match(error.message, /nowhere\.invalid/)
  })

  it('has every request paid by the project that is named', async () => {
    await using storage = await bucket.open({ endpoint: proxy.url, project: 'payer' })
    const before = proxy.requests.length
    await storage.probe(host)
    await storage.put('small', bodyOf(Buffer.from('x')), host)
    await storage.put('large', bodyOf(LARGE), host)
    await (await storage.get('large', host)).toArray()
    await Array.fromAsync(storage.list('', host))
    for (const key of ['small', 'large']) await storage.delete(key, host)
    const requests = proxy.requests.slice(before)
    assert.ok(requests.length > 10)
    for (const { query, path } of requests) assert.equal(query.get('userProject'), 'payer', path)
  })

  for (const [reason, status, expected, message] of [
    ['authError', 401, 'STORAGE_DENIED', /refuses the login/],
    ['forbidden', 403, 'STORAGE_DENIED', /this login may not/],
    ['insufficientPermissions', 403, 'STORAGE_DENIED', /this login may not/],
    ['accountDisabled', 403, 'STORAGE_DENIED', /billing account/],
    ['userProjectMissing', 400, 'STORAGE_FAILED', /400/],
    ['accessNotConfigured', 403, 'STORAGE_DENIED', /not enabled/],
    ['quotaExceeded', 403, 'STORAGE_FULL', /quota/],
    ['somethingNew', 400, 'STORAGE_FAILED', /400 somethingNew: planted/],
    ['notImplemented', 501, 'STORAGE_FAILED', /501 notImplemented/],
  ] as const) {
    it(`has ${expected} for ${status} ${reason}, tried once`, async () => {
      proxy.plant(() => true, { answer: status, body: errorBody(reason, status) }, 99)
      // Whether all of a bucket may be listed is no question of life and death to the probe.
      await using storage = await bucket.open({ endpoint: proxy.url })
      for (const call of callsOn(storage).slice(0, -1)) {
        const error = await rejectsWith(call(), expected)
        assert.match(error.message, message)
      }
      assert.deepEqual(
        host.events.filter(({ kind }) => kind === 'retry'),
        [],
      )
    })
  }

  describe('with a login', () => {
    const HTTPS = 'https://127.0.0.1:1'

    function loginWith(file: unknown): void {
      const path = join(folder, 'login.json')
      writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
      process.env['GOOGLE_APPLICATION_CREDENTIALS'] = path
    }

    it('says that there is none', async () => {
      const error = await failure('STORAGE_DENIED', { endpoint: HTTPS })
      assert.match(error.message, /there are no credentials/)
    })

    it('says that its file is not there, is no JSON, or holds no key', async () => {
      process.env['GOOGLE_APPLICATION_CREDENTIALS'] = join(folder, 'none.json')
      assert.match((await failure('STORAGE_DENIED', { endpoint: HTTPS })).message, /cannot be read/)
      for (const file of ['no JSON', '{}', { type: 'service_account', client_email: 'a@b', private_key: 'hunter22' }]) {
        loginWith(file)
        const { message, hints, cause } = await failure('STORAGE_DENIED', { endpoint: HTTPS })
        assert.match(message, /credentials|login/)
        assert.match(hints.join(), /GOOGLE_APPLICATION_CREDENTIALS/)
        assert.doesNotMatch(`${message} ${String(cause)}`, /hunter22/)
      }
    })

    /** What a server that logs in answers; its tokens are asked for by a file as Google has it for other clouds. */
    async function exchanging(answer: { status: number; body: unknown }): Promise<AsyncDisposable> {
      const server = createServer((request, response) => {
        request.resume().on('end', () => {
          response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
        })
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      writeFileSync(join(folder, 'subject'), 'subject-token-hunter22')
      loginWith({
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
        credential_source: { file: join(folder, 'subject') },
      })
      return {
        async [Symbol.asyncDispose]() {
          server.close()
          server.closeAllConnections()
        },
      }
    }

    for (const [body, status, expected, message] of [
      [{ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400, 'STORAGE_DENIED', /not valid/],
      [
        { error: 'invalid_grant', error_description: 'Token must be in a reasonable timeframe. Check your iat value' },
        400,
        'STORAGE_DENIED',
        /clock/,
      ],
      [{ error: 'unauthorized_client' }, 401, 'STORAGE_DENIED', /not valid/],
    ] as const) {
      it(`says what is wrong with it: ${JSON.stringify(body)}`, async () => {
        await using _ = await exchanging({ status, body })
        const error = await failure(expected, { endpoint: HTTPS })
        assert.match(error.message, message)
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter22/)
      })
    }

    it('sends its token to nobody over plain http', async () => {
      await using _ = await exchanging({
        status: 200,
        body: { access_token: 'hunter22', issued_token_type: 'x', token_type: 'Bearer', expires_in: 3600 },
      })
      await using storage = await bucket.open({ endpoint: proxy.url })
      const before = proxy.requests.length
      await storage.stat('key', host)
      for (const { headers } of proxy.requests.slice(before)) assert.equal(headers.authorization, undefined)
    })

    it('is never shown, whatever the server says', async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      loginWith({
        type: 'service_account',
        client_email: 'a@b.c',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      })
      await using storage = await bucket.open({ endpoint: proxy.url })
      const body = errorBody('forbidden', 403, 'no, Bearer ya29.hunter22 at ?upload_id=hunter22')
      proxy.plant(() => true, { answer: 403, body }, 9)
      const error = await rejectsWith(storage.stat('key', host), 'STORAGE_DENIED')
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter22/)
    })
  })
})
