import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const MEMORY = new URL('../../dist/cli/memory.js', import.meta.url).href

/** In a process of its own: V8's young generation grows as many objects live on, and then a run of so many bytes begins. */
async function youngGeneration(bytes: number): Promise<{ grown: number; kept: number; passed: number[] }> {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { keepMemorySmall } from ${JSON.stringify(MEMORY)}
    const size = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size
    const alive = Array.from({ length: 100_000 }, (_, at) => ({ at, text: String(at) }))
    const grown = size()
    const passed = []
    const report = keepMemorySmall((event) => passed.push(event.bytes))
    for (const share of [0.25, 0.5, 1]) report({ kind: 'progress', subject: 's', bytes: share * ${bytes} })
    console.log(JSON.stringify({ grown, kept: size(), passed, alive: alive.length }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return JSON.parse(stdout) as { grown: number; kept: number; passed: number[] }
}

describe('keepMemorySmall', () => {
  it('gives back what the young generation had grown to, once a run is large', async () => {
    const { grown, kept } = await youngGeneration(100_000_000)
    assert.ok(kept < grown / 2, `${grown} bytes became ${kept}`)
  })

  it('leaves it alone in a small run, which would wait for that', async () => {
    const { grown, kept } = await youngGeneration(1_000_000)
    assert.equal(kept, grown)
  })

  it('passes on every event', async () => {
    const { passed } = await youngGeneration(100_000_000)
    assert.deepEqual(passed, [25_000_000, 50_000_000, 100_000_000])
  })
})
