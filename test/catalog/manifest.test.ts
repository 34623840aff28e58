import assert from 'node:assert/strict'
import { parseManifest, parseSealedPart } from '../../src/catalog/manifest.ts'
import { parseProofRecord } from '../../src/catalog/proof-record.ts'
import { manifestOf } from '../support/manifests.ts'

const sound = manifestOf('shop-1.txt')
const main = sound.members[0]
const artifact = main?.artifact

describe('a manifest', () => {
  it('is what was written, without fields that are not known', () => {
    assert.deepEqual(parseManifest(JSON.stringify({ ...sound, later: 1 }), 'here'), sound)
  })

  const bad: readonly (readonly [what: string, fields: object, place: string])[] = [
    ['of another version', { format: 'dbvault-manifest-2' }, 'format'],
    ['without an id', { id: '' }, 'id'],
    ['of an unknown status', { status: 'perfect' }, 'status'],
    ['of no time', { createdAt: 'yesterday' }, 'createdAt'],
    ['without members', { members: [] }, 'members'],
    ['with a negative size', { members: [{ ...main, artifact: { ...artifact, bytes: -1 } }] }, 'bytes'],
    ['with half a byte', { members: [{ ...main, artifact: { ...artifact, bytes: 0.5 } }] }, 'bytes'],
    ['with a short digest', { members: [{ ...main, artifact: { ...artifact, sha256: 'abc' } }] }, 'sha256'],
    ['with an unknown cipher', { encryption: { scheme: 'rot13' } }, 'scheme'],
    ['without a MAC', { mac: undefined }, 'mac'],
    ...['../x', 'a/b', '..', '.', '', 'a\0b'].map(
      (name) =>
        [
          `whose artifact is called ${JSON.stringify(name)}`,
          { members: [{ ...main, artifact: { ...artifact, name } }] },
          'members.0.artifact.name',
        ] as const,
    ),
  ]
  for (const [what, fields, place] of bad) {
    it(`${what} is refused with MANIFEST_INVALID, naming the place`, () => {
      assert.throws(
        () => parseManifest(JSON.stringify({ ...sound, ...fields }), 'here'),
        (error: Error) => {
          assert.match(error.message, /^The manifest here/)
          assert.ok(error.message.includes(place), error.message)
          return 'code' in error && error.code === 'MANIFEST_INVALID'
        },
      )
    })
  }

  for (const text of ['', '{', '[]', 'null', '"x"', JSON.stringify(sound).slice(0, -2)]) {
    it(`is not ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(() => parseManifest(text, 'here'), { code: 'MANIFEST_INVALID' })
      assert.throws(() => parseSealedPart(text, 'here'), { code: 'MANIFEST_INVALID' })
    })
  }
})

describe('the record of a later proof', () => {
  const record = {
    format: 'dbvault-proof-1',
    id: 'shop-1',
    at: '2026-11-24T03:00:00.000Z',
    tool: 'dbvault/0',
    outcome: 'equal',
    seconds: 1,
    mac: { scheme: 'sha256', value: 'x' },
  }

  it('is read as it was written', () => assert.deepEqual(parseProofRecord(JSON.stringify(record)), record))

  it('is undefined, and breaks nothing, when it is none', () => {
    for (const text of ['', '{', '{}', JSON.stringify({ ...record, outcome: 'perfect' })]) {
      assert.equal(parseProofRecord(text), undefined)
    }
  })
})
