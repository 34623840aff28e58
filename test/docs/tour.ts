import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { documentPath, type FencedBlock, fencedBlocks } from './fenced-block.ts'
import type { Ended, Variables } from './workplace.ts'

/** A user's home, and a shell in it. */
export interface Home {
  readonly root: string
  sh(script: string, folder: string, variables: Variables): Promise<Ended>
}

/** Commands of a page, and what the page says that they print: the result, or the error. */
interface Step extends FencedBlock {
  readonly exit: number
  /** Below the home. */
  readonly folder: string
  readonly output?: string
}

/**
 * Does what a page says, in its order: runs the blocks titled `tour` and compares what they print with the block titled
 * `output` that follows; writes the blocks titled `file=…`. Returns the seconds that each step took.
 */
export async function takeTour(document: string, home: Home): Promise<readonly { text: string; seconds: number }[]> {
  const blocks = await fencedBlocks(document)
  const taken: { text: string; seconds: number }[] = []
  for (const [index, block] of blocks.entries()) {
    const { word, file, exit = '0', in: folder = '.' } = words(block.title)
    const started = performance.now()
    if (file !== undefined) await write(join(home.root, file), block.text)
    else if (block.language === 'sh' && word === 'tour') {
      const next = blocks[index + 1]
      await take({ ...block, exit: Number(exit), folder, ...(next?.title === 'output' && { output: next.text }) }, home)
    } else continue
    taken.push({ text: block.text, seconds: (performance.now() - started) / 1000 })
  }
  return taken
}

/** `tour exit=3 in=folder` */
function words(title: string): { word?: string; file?: string; exit?: string; in?: string } {
  const all = title.split(' ').map((text) => (text.includes('=') ? text.split('=') : ['word', text]))
  return Object.fromEntries(all) as ReturnType<typeof words>
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

async function take({ text, exit, folder, output }: Step, home: Home): Promise<void> {
  const ended = await home.sh(text, join(home.root, folder), { CHECKOUT: documentPath('') })
  assert.equal(ended.exit, exit, `${text}${ended.stderr}${ended.stdout}`)
  if (output === undefined) return
  const printed = (exit === 0 ? ended.stdout : ended.stderr).replaceAll(home.root, '/home/ann')
  assert.equal(withoutChance(printed), withoutChance(output), text)
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
