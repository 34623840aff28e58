import assert from 'node:assert/strict'
import { fileName, manifestKey, namesFor, pendingKey, proofKey, roleOf, sibling } from '../../src/catalog/layout.ts'

const MAIN = 'sqlite/shop-20261123T084201Z-k3x9qd.db.gz.enc'
const AT = new Date('2026-11-24T03:00:00.500Z')

describe('the role of an object', () => {
  it('is told from the name that was made for it', () => {
    assert.deepEqual(roleOf(MAIN), { role: 'artifact' })
    assert.deepEqual(roleOf(manifestKey(MAIN)), { role: 'manifest', artifact: MAIN })
    assert.deepEqual(roleOf(pendingKey(MAIN, 12)), { role: 'pending', artifact: MAIN, beat: 12 })
    assert.deepEqual(roleOf(proofKey(MAIN, AT)), { role: 'proof', artifact: MAIN, at: '20261124T030000Z', nth: 1 })
  })

  const others: readonly (readonly [key: string, role: string])[] = [
    ['a.pending-x', 'artifact'],
    ['a.pending-1.json', 'manifest'],
    ['.pending-1', 'artifact'],
    ['a.proof-20261124.json', 'manifest'],
    ['a.proof-20261124T030000Z', 'artifact'],
    ['a.proof-20261124T030000Z-2.json', 'proof'],
    ['a.JSON', 'artifact'],
  ]
  for (const [key, role] of others) it(`is ${role} for ${key}`, () => assert.equal(roleOf(key).role, role))
})

describe('the names of a backup', () => {
  it('start with its folder and id, and end with what its encoding adds', () => {
    const names = namesFor({ folder: 'nightly/sqlite', id: 'shop-1' }, 'db', '.gz.enc')
    assert.equal(names.main, 'nightly/sqlite/shop-1.db.gz.enc')
    assert.equal(names.member('roles'), 'nightly/sqlite/shop-1.roles.db.gz.enc')
  })

  it('are the given one exactly, and for further members one behind it', () => {
    const names = namesFor({ exact: 'my/backup' }, 'sql', '.zst')
    assert.equal(names.main, 'my/backup')
    assert.equal(names.member('roles'), 'my/backup.roles.sql.zst')
  })

  it('stay in their folder', () => {
    assert.equal(sibling('a/b/c', 'd'), 'a/b/d')
    assert.equal(sibling('c', 'd'), 'd')
    assert.equal(fileName('a/b/c'), 'c')
    assert.equal(fileName('c'), 'c')
  })
})
