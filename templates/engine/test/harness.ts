import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import engine from '../dist/index.js'
import type { Flags } from '../src/descriptor.ts'

const MARKER = 'markerThatStandsOnce'
const flags = { 'skip-empty': undefined }

/** Real databases of every kind that the questions need, read by other means than the engine's own. */
export const harness: EngineHarness<Flags> = {
  engine,

  async source() {
    const folder = await mkdtemp(join(tmpdir(), 'template-'))
    const path = join(folder, 'source.txt')
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row}\tgrüße 你好 🐘\t${'x'.repeat(row % 100)}`)
    await writeFile(path, `${[MARKER, '', ...rows].join('\n')}\n`)
    let changes = 0
    return {
      source: { database: path, flags },
      marker: MARKER,
      content: () => readFile(path, 'utf8'),
      async change() {
        await writeFile(path, `${[MARKER, '', ...rows, `changed ${++changes} times`].join('\n')}\n`)
      },
      async startWriter() {
        // A file has no transactions: whoever writes to it replaces it as a whole.
        let writes = 0
        let stopped = false
        const writing = (async () => {
          while (!stopped) {
            await writeFile(join(folder, `other-${writes % 2}.txt`), `${writes++}\n`)
          }
        })()
        return {
          async stop() {
            stopped = true
            await writing
            return writes
          },
        }
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    }
  },

  emptyTarget: () => target(),
  occupiedTarget: () => target('something else\n'),
  absentSource: async () => ({ database: join(tmpdir(), 'template-nowhere.txt'), flags }),
  unreachableSource: 'a file is on no server',
  deniedSource: 'a file has no password',
}

async function target(content?: string): Promise<TargetFixture<Flags>> {
  const folder = await mkdtemp(join(tmpdir(), 'template-'))
  const path = join(folder, 'target.txt')
  if (content !== undefined) await writeFile(path, content)
  return {
    target: { database: path, flags },
    content: async () => ((await stat(path).catch(() => undefined)) ? readFile(path, 'utf8') : ''),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
