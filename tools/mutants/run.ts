/**
 * Plants bugs, one at a time, in a copy of the working tree: each has to build, and a named test has to fail by an
 * assertion. What survives is a hole in the tests. `npm run test:mutants [-- WORD…]`: only those with one of the words
 * in their name. Ends with one line, `N passed, N failed, N skipped`, where a bug that was noticed is one passed.
 */
import { join } from 'node:path'
import { MUTANTS } from './list/index.ts'
import { type Mutant, projectOf } from './mutant.ts'
import { unfit, type Verdict, verdictOn } from './verdict.ts'
import { WorkingCopy } from './working-copy.ts'

/** Each builds and tests in its own copy, side by side. */
const COPIES = 2

const root = join(import.meta.dirname, '../..')
const words = process.argv.slice(2)
const chosen = MUTANTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const projects = [...new Set(['src', ...chosen.flatMap(({ file }) => projectOf(file) ?? [])])]
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

await using stack = new AsyncDisposableStack()
const copies = await Promise.all(Array.from({ length: COPIES }, async () => stack.use(await WorkingCopy.of(root))))
const unbuilt = (await Promise.all(copies.map((copy) => copy.build(projects)))).find((output) => output !== undefined)
if (unbuilt !== undefined) throw new Error(`without any bug planted it does not build:\n${unbuilt}`)

const unfitTests = await judgesThatAreUnfit()
const width = Math.max(...chosen.map(({ name }) => name.length))
let killed = 0
await sideBySide(chosen, async (mutant, copy) => {
  const started = performance.now()
  const verdict = await tryOut(mutant, copy)
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
  if ('killedBy' in verdict) killed += 1
  const what = 'killedBy' in verdict ? `killed by "${verdict.killedBy}"` : `SURVIVED: ${verdict.survived}`
  console.log(`${mutant.name.padEnd(width)}  ${seconds} s  ${what} (${mutant.killedBy.file})`)
})
const failed = chosen.length - killed
console.log(`${killed} passed, ${failed} failed, ${MUTANTS.length - chosen.length} skipped`)
if (failed > 0 || killed === 0) process.exitCode = 1

/** What is wrong, without any bug, with the tests that are to notice them; by file and title. */
async function judgesThatAreUnfit(): Promise<ReadonlyMap<string, string>> {
  const wrong = new Map<string, string>()
  const files = Map.groupBy(chosen, ({ killedBy }) => killedBy.file)
  await sideBySide([...files], async ([file, mutants], copy) => {
    const report = await copy.test(
      file,
      mutants.map(({ killedBy }) => killedBy.title),
    )
    for (const { killedBy } of mutants) {
      const why = report ? unfit(killedBy.title, report) : 'the tests do not come to an end'
      if (why !== undefined) wrong.set(judgeOf(killedBy), why)
    }
  })
  return wrong
}

async function tryOut(mutant: Mutant, copy: WorkingCopy): Promise<Verdict> {
  const { file, title } = mutant.killedBy
  const why = unfitTests.get(judgeOf(mutant.killedBy))
  if (why !== undefined) return { survived: `"${title}": ${why}` }
  try {
    return await copy.with(mutant, async () => {
      const project = projectOf(mutant.file)
      const output = project === undefined ? undefined : await copy.build([project])
      if (output !== undefined) return { survived: `it does not build: ${output}` }
      const report = await copy.test(file, [title])
      return report ? verdictOn(title, report) : { survived: 'the tests do not come to an end' }
    })
  } catch (error) {
    return { survived: error instanceof Error ? error.message : String(error) }
  }
}

function judgeOf({ file, title }: Mutant['killedBy']): string {
  return `${file}: ${title}`
}

async function sideBySide<T>(items: readonly T[], work: (item: T, copy: WorkingCopy) => Promise<void>): Promise<void> {
  const queue = [...items]
  await Promise.all(
    copies.map(async (copy) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item, copy)
    }),
  )
}
