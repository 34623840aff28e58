import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { takeTour } from '../docs/tour.ts'
import { needs } from '../support/tools.ts'
import { Stranger } from './stranger.ts'

describe('the guide to writing a plugin', function () {
  needs('a package registry')
  this.timeout(600_000)

  it('takes a stranger from nothing to a published plugin, by the commands and the code that stand there', async () => {
    await using stranger = await Stranger.create()
    const steps = await takeTour('docs/writing-a-plugin.md', {
      root: stranger.home,
      async sh(script, folder) {
        const { code, stdout, stderr } = await stranger.call('sh', ['-ec', script], folder)
        return { exit: code, stdout, stderr }
      },
    })
    assert.ok(steps.length >= 8, `${steps.length} steps`)
    const [created, tested] = [/plugins create/, /npm test/].map((what) =>
      steps.findIndex(({ text }) => what.test(text)),
    )
    assert.ok(created === 0 && tested !== undefined && tested > created)
    const seconds = steps.slice(created, tested + 1).reduce((sum, step) => sum + step.seconds, 0)
    console.log(`      from nothing to a plugin that answers every question: ${seconds.toFixed(0)} s`)
  })
})
