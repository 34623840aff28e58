import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import engine from '../dist/index.js'
import type { Flags } from '../src/descriptor.ts'

const MARKER = 'markerThatStandsOnce'
const flags = { 'ignore-others': undefined }
const folders = new Set<string>()

const row = (n: number): string =>
  `${JSON.stringify({ n, text: `grüße 你好 🐘 ${'x'.repeat(n % 100)}`, tags: [null, true, -0.5e-7, ''] })}\n`

/** Real stores of every kind that the questions need, read by other means than the engine's own. */
export const harness: EngineHarness<Flags> = {
  engine,

  async source() {
    const folder = await newFolder('source')
    const change = (text: string): Promise<void> =>
      writeFile(join(folder, 'marked.jsonl'), `${JSON.stringify({ marker: MARKER, text })}\n`)
    await change('')
    await writeFile(
      join(folder, 'rows.jsonl'),
      Array.from({ length: 10_000 }, (_, n) => row(n)),
    )
    await writeFile(join(folder, 'Größe & "Maße" 📦.jsonl'), '"größer"\n\n[]\r\n')
    await writeFile(join(folder, 'empty.jsonl'), '')
    await writeFile(join(folder, 'unfinished.jsonl'), '1\n{"half":')
    let changes = 0
    return {
      source: { database: folder, flags },
      marker: MARKER,
      content: () => contentOf(folder),
      change: () => change(`changed ${++changes} times`),
      async startWriter() {
        let writes = 0
        let stopped = false
        const writing = (async () => {
          while (!stopped) await appendFile(join(folder, 'rows.jsonl'), row(writes++))
        })()
        return {
          async stop() {
            stopped = true
            await writing
            return writes
          },
        }
      },
      [Symbol.asyncDispose]: () => rm(dirname(folder), { recursive: true }),
    }
  },

  emptyTarget: async () => target(join(await newFolder('beside'), '../target')),
  async occupiedTarget() {
    const folder = await newFolder('target')
    await writeFile(join(folder, 'other.jsonl'), '"something else"\n')
    return target(folder)
  },
  absentSource: async () => ({ database: join(tmpdir(), 'jsonl-nowhere'), flags }),
  unreachableSource: 'a folder is on no server',
  deniedSource: 'a folder has no password',

  async leftovers() {
    const beside = await Promise.all([...folders].map((folder) => readdir(folder).catch(() => [])))
    return beside.flat().filter((name) => name.startsWith('.'))
  },
}

async function newFolder(name: string): Promise<string> {
  const outer = await mkdtemp(join(tmpdir(), 'jsonl-'))
  folders.add(outer)
  await mkdir(join(outer, name))
  return join(outer, name)
}

function target(folder: string): TargetFixture<Flags> {
  return {
    target: { database: folder, flags },
    content: () => contentOf(folder),
    [Symbol.asyncDispose]: () => rm(dirname(folder), { recursive: true }),
  }
}

async function contentOf(folder: string): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).sort()
  const texts = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]))
  return texts.length === 0 ? '' : JSON.stringify(texts)
}
