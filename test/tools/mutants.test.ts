import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MUTANTS } from '../../tools/mutants/list/index.ts'
import { plant, projectOf } from '../../tools/mutants/mutant.ts'
import { type Report, unfit, verdictOn } from '../../tools/mutants/verdict.ts'

const root = join(import.meta.dirname, '../..')

function report(err: Report['tests'][number]['err'], pending = false): Report {
  const test = { fullTitle: 'a backup is whole', err }
  return { tests: [test], pending: pending ? [test] : [] }
}

describe('the planted bugs', () => {
  it('have each a place that is there once, and a test file', async () => {
    for (const mutant of MUTANTS) {
      const source = await readFile(join(root, mutant.file), 'utf8')
      assert.doesNotThrow(() => assert.notEqual(plant(mutant, source), source), mutant.name)
      assert.ok(existsSync(join(root, mutant.killedBy.file)), mutant.name)
    }
  })

  it('have each a name of its own', () => {
    assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length)
  })

  it('are built with the project of their file', () => {
    assert.equal(projectOf('src/cli/main.ts'), 'src')
    assert.equal(projectOf('plugins/engine-x/src/dump.ts'), 'plugins/engine-x')
    assert.equal(projectOf('bin/run.js'), undefined)
  })
})

describe('a planted bug', () => {
  it('is noticed by an assertion that fails, and by nothing else', () => {
    const failed = { code: 'ERR_ASSERTION', message: '1 !== 2' }
    assert.deepEqual(verdictOn('is whole', report(failed)), { killedBy: 'a backup is whole' })
    for (const [what, survivor] of [
      ['a test that passed', report({})],
      ['a test that was skipped', report(failed, true)],
      ['a test of another title', { ...report(failed), tests: [{ fullTitle: 'a restore', err: failed }] }],
      ['a timeout', report({ code: 'ERR_MOCHA_TIMEOUT', message: 'Timeout of 60000ms exceeded.' })],
      ['a crash', report({ message: 'x is not a function' })],
    ] as const) {
      assert.ok('survived' in verdictOn('is whole', survivor), what)
    }
  })

  it('is not given to a test that is absent, skipped or fails without it', () => {
    assert.equal(unfit('is whole', report({})), undefined)
    assert.match(unfit('is half', report({})) ?? '', /no such test/)
    assert.match(unfit('is whole', report({}, true)) ?? '', /skipped/)
    assert.match(unfit('is whole', report({ message: 'boom' })) ?? '', /without any bug planted: boom/)
  })

  it('is refused when its place is not there, or there twice', () => {
    const mutant = { name: '', file: 'a.ts', find: 'x', replace: '$&y', killedBy: { file: '', title: '' } }
    assert.equal(plant(mutant, 'axb'), 'a$&yb')
    assert.throws(() => plant(mutant, 'ab'), /stands 0 times in a\.ts/)
    assert.throws(() => plant(mutant, 'xx'), /stands 2 times in a\.ts/)
  })
})
