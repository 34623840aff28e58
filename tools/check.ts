/**
 * Everything that has to hold before a change goes in, each with its time: `npm run check`. With `--fast` (`npm run
 * check -- --fast`) all but the tests. One failure does not hide the next.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { STEPS } from './steps.ts'

process.chdir(join(import.meta.dirname, '..'))
const failed: string[] = []
await step('build', 'npm', ['run', '--silent', 'build'])
for (const [name, script] of Object.entries(STEPS)) await step(name, 'npm', ['run', '--silent', ...script])
if (!process.argv.includes('--fast')) {
  // The steps are tests too, for whoever runs only those.
  await step('tests', 'node', ['tools/test/run.ts', '--ignore=test/repository/checks.test.ts'])
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

async function step(name: string, program: string, args: readonly string[]): Promise<void> {
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) failed.push(name)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}
