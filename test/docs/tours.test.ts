import assert from 'node:assert/strict'
import { documentPath, type FencedBlock, fencedBlocks } from './fenced-block.ts'
import { Workplace } from './workplace.ts'
import { needs } from '../support/tools.ts'

/** Commands of a page, and what the page says that they print: the result, or the error. */
interface Step extends FencedBlock {
  readonly exit: number
  readonly output?: string
}

describe('the commands of', () => {
  needs('sqlite3')

  for (const [document, least] of [
    ['README.md', 10],
    ['docs/writing-a-plugin.md', 2],
  ] as const) {
    it(`${document} run as they are written, with the output that stands there`, async () => {
      await using workplace = await Workplace.create()
      const steps = tour(await fencedBlocks(document))
      assert.ok(steps.length >= least)
      for (const step of steps) await take(step, workplace)
    }).timeout(180_000)
  }
})

async function take({ text, exit, output }: Step, workplace: Workplace): Promise<void> {
  const ended = await workplace.sh(text, workplace.root, { CHECKOUT: documentPath('') })
  assert.equal(ended.exit, exit, `${text}${ended.stderr}`)
  if (output === undefined) return
  const printed = (exit === 0 ? ended.stdout : ended.stderr).replaceAll(workplace.root, '/home/ann')
  assert.equal(withoutChance(printed), withoutChance(output), text)
}

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
