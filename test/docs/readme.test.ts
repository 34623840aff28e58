import assert from 'node:assert/strict'
import { type FencedBlock, fencedBlocks } from './fenced-block.ts'
import { Workplace } from './workplace.ts'

/** A command of the tour, and what the page says that it prints. */
interface Step extends FencedBlock {
  readonly exit: number
  readonly output?: string
}

describe('the tour of README.md', () => {
  let workplace: Workplace
  before(async () => {
    workplace = await Workplace.create()
  })
  after(() => workplace[Symbol.asyncDispose]())

  it('runs as it is written, with the output that it shows', async () => {
    const steps = tour(await fencedBlocks('README.md'))
    assert.ok(steps.length > 10)
    for (const { text, exit, output } of steps) {
      const ended = await workplace.sh(text)
      assert.equal(ended.exit, exit, `${text}${ended.stderr}`)
      if (output === undefined) continue
      const printed = (ended.stdout + ended.stderr).replaceAll(workplace.root, '/home/ann')
      assert.equal(withoutChance(printed), withoutChance(output), text)
    }
  })
})

function tour(blocks: readonly FencedBlock[]): Step[] {
  return blocks.flatMap((block, index) => {
    const [word, exit] = block.title.split(' exit=')
    if (block.language !== 'sh' || word !== 'tour') return []
    const next = blocks[index + 1]
    return [{ ...block, exit: Number(exit ?? 0), ...(next?.title === 'output' && { output: next.text }) }]
  })
}

/** What differs from run to run is written alike: ids, times, digests, key ids, sizes, versions and spaces. */
function withoutChance(output: string): string {
  return output
    .replace(/\d{8}T\d{6}Z-[a-z0-9]{6}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replace(/\bkey [0-9a-f]{8}\b/g, 'key ID')
    .replace(/\b\d+(?:\.\d+)? [kM]?B\b/g, 'SIZE')
    .replace(/\b\d+(?:\.\d+)?m?s\b/g, 'DURATION')
    .replace(/\b\d+\.\d+\.\d+\b/g, 'VERSION')
    .replace(/[^\S\n]+/g, ' ')
}
