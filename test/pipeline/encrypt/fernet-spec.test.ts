import assert from 'node:assert/strict'
import { encryptFernet } from '../../../src/pipeline/encrypt/fernet.ts'
import { parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { authenticateFernet, openFernet } from '../../../src/pipeline/encrypt/fernet-reader.ts'
import { flow, gather, outcome } from './flow.ts'

/** The acceptance tests of https://github.com/fernet/spec (generate.json, verify.json, invalid.json). */
const key = parseFernetKey('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=')
const HELLO = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='

const INVALID = [
  [
    'incorrect mac',
    'KEY_WRONG',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
  ],
  ['too short', 'ARTIFACT_CORRUPT', 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=='],
  [
    'invalid base64',
    'ARTIFACT_CORRUPT',
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
  ],
  [
    'payload size not multiple of block size',
    'ARTIFACT_CORRUPT',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
  ],
  [
    'payload padding error',
    'ARTIFACT_CORRUPT',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
  ],
  [
    'incorrect IV (causes padding error)',
    'ARTIFACT_CORRUPT',
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
  ],
  ['trailing characters after b64 padding', 'ARTIFACT_CORRUPT', `${HELLO}trailingdata`],
  [
    'invalid characters in b64',
    'ARTIFACT_CORRUPT',
    '*gAAAAAAdwJ6wAAECAwQFBgcI!CQoLDA0ODy021?cpGVWKZ_eEwC@GM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
  ],
  [
    'invalid non-urlsafe characters in b64',
    'ARTIFACT_CORRUPT',
    'gAAAAAAdwJ6wAAEC/AwQFBgcICQoLDA0ODy+021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
  ],
] as const

/** Tokens of nothing, invalid for their time only, which a backup is not judged by. */
const UNTIMELY = [
  [
    'far-future TS (unacceptable clock skew)',
    'gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==',
  ],
  [
    'expired TTL',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
  ],
] as const

describe("fernet, the specification's vectors", () => {
  it('generates the token of generate.json', async () => {
    const iv = Buffer.from(Array.from({ length: 16 }, (_, index) => index))
    const now = new Date('1985-10-26T01:20:00-07:00')
    const token = await gather(encryptFernet(key, { now, iv })(flow(Buffer.from('hello'))))
    assert.equal(token.toString('latin1'), HELLO)
  })

  it('opens the token of verify.json', async () => {
    assert.equal((await gather(openFernet(key, () => flow(Buffer.from(HELLO))))).toString(), 'hello')
  })

  for (const [what, code, token] of INVALID) {
    it(`rejects with ${code} and releases nothing: ${what}`, async () => {
      for (const size of [1, 7, 1000]) {
        const { released, error } = await outcome(openFernet(key, () => flow(Buffer.from(token), size)))
        assert.equal(error?.code, code)
        assert.equal(released.length, 0)
      }
    })
  }

  for (const [what, token] of UNTIMELY) {
    it(`opens regardless of time: ${what}`, async () => {
      assert.deepEqual(await authenticateFernet(key, flow(Buffer.from(token))), { plaintextBytes: 0 })
    })
  }
})
