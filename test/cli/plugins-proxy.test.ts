import assert from 'node:assert/strict'
import { afterEach, after, before, beforeEach, describe, it } from 'mocha'
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.ts'
import { startRegistry, type TestRegistry } from '../servers/registry.ts'
import { startTlsFront, type TlsFront } from '../support/tls-front.ts'
import { needs } from '../support/tools.ts'
import { type Environment, User } from './dbvault-process.ts'

const LINES = 'dbvault-engine-lines'
const PASSWORD = 'p#a"s%40=s word'
const WRONG = 'another-pass%phrase'

describe('plugins, behind a proxy that wants a login', function () {
  needs('a package registry', 'openssl')
  this.timeout(120_000)
  let registry: TestRegistry
  let front: TlsFront
  let proxy: ForwardProxy
  let user: User

  before(async () => {
    ;[registry, proxy] = await Promise.all([startRegistry(), startForwardProxy('ann', PASSWORD)])
    front = await startTlsFront(registry.url)
    await using author = await User.create()
    await registry.publish(await author.copy(LINES))
  })
  after(async () => {
    for (const each of [front, proxy, registry]) await each[Symbol.asyncDispose]()
  })
  beforeEach(async () => void (user = await User.create()))
  afterEach(() => user[Symbol.asyncDispose]())

  /** npm reads these variables as any other program does, and its own settings before them. */
  const ways: readonly (readonly [what: string, plain: boolean, environment: (url: string) => Environment])[] = [
    ['HTTP_PROXY', true, (url) => ({ HTTP_PROXY: url })],
    ['the setting "proxy" of npm', true, (url) => ({ npm_config_proxy: url })],
    ['HTTPS_PROXY', false, (url) => ({ HTTPS_PROXY: url })],
    ['the setting "https-proxy" of npm', false, (url) => ({ npm_config_https_proxy: url })],
  ]

  const withRegistry = (plain: boolean, environment: Environment): Environment => ({
    ...registry.environment,
    npm_config_cache: user.path('empty-cache'),
    npm_config_fetch_retries: '0',
    ...(plain ? {} : { npm_config_registry: front.url, NODE_EXTRA_CA_CERTS: front.ca }),
    ...environment,
  })

  for (const [what, plain, environmentFor] of ways) {
    it(`are installed through that of ${what}, and the password is shown nowhere`, async () => {
      const before = proxy.passed.length
      const environment = withRegistry(plain, environmentFor(proxy.url))
      const { exit, stdout, stderr } = await user.run(['plugins', 'install', LINES, '--verbose'], environment)
      assert.equal(exit, 0, stderr)
      const passed = proxy.passed.slice(before)
      if (plain) {
        assert.ok(passed.includes(`GET ${registry.url}${LINES}`), passed.join('\n'))
        assert.ok(passed.includes(`GET ${registry.url}${LINES}/-/${LINES}-2.3.4.tgz`), passed.join('\n'))
      } else assert.deepEqual([...new Set(passed)], [`CONNECT ${new URL(front.url).host}`])
      showsNothing(stdout + stderr, PASSWORD)
      assert.match((await user.run(['backup', '--help'])).stdout, /--lines-width/)
    })

    it(`say that the proxy refuses the login of ${what}, without its password, also with DEBUG`, async () => {
      const { host } = new URL(proxy.url)
      const environment = withRegistry(plain, environmentFor(`http://ann:${encodeURIComponent(WRONG)}@${host}`))
      const before = proxy.refused
      for (const more of [{}, { DEBUG: '*' }]) {
        const argv = ['plugins', 'install', LINES, ...('DEBUG' in more ? ['--verbose'] : [])]
        const { exit, stdout, stderr } = await user.run(argv, { ...environment, ...more })
        assert.equal(exit, 10, stderr)
        assert.match(stderr, /No plugin was changed: the proxy refuses/)
        assert.match(stderr, /→ .*npm config/)
        showsNothing(stdout + stderr, WRONG)
      }
      assert.ok(proxy.refused > before)
      assert.doesNotMatch((await user.run(['backup', '--help'])).stdout, /--lines-width/)
    })
  }

  it('say that the registry cannot be reached when the proxy has gone, without its password', async () => {
    const url = `http://ann:${encodeURIComponent(WRONG)}@127.0.0.1:1`
    const { exit, stdout, stderr } = await user.run(
      ['plugins', 'install', LINES, '--verbose'],
      withRegistry(true, { HTTP_PROXY: url, DEBUG: '*' }),
    )
    assert.equal(exit, 10)
    assert.match(stderr, /No plugin was changed: the package registry cannot be reached/)
    showsNothing(stdout + stderr, WRONG)
  })
})

/** In none of the ways in which it may be written. */
function showsNothing(output: string, secret: string): void {
  for (const form of [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1)]) {
    assert.ok(!output.includes(form), `shown: …${output.slice(Math.max(0, output.indexOf(form) - 200)).slice(0, 400)}`)
  }
  const basic = Buffer.from(`ann:${secret}`).toString('base64')
  assert.ok(!output.includes(basic))
}
