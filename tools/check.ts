/**
 * Everything that has to hold before a change goes in, each with its time: `npm run check [-- --fast]`. All steps run,
 * whatever fails before them, but the tests, which need the build; `--fast` leaves the tests out.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const STEPS: readonly (readonly [name: string, command: string])[] = [
  ['build', 'npm run build'],
  ['lint', 'npm run lint'],
  ['format', 'npm run format:check'],
  ['unused', 'npm run knip'],
  ['metadata', 'npm run metadata -- --check'],
  ['manifest', 'npm run manifest -- --check'],
]

process.chdir(join(import.meta.dirname, '..'))
const failed: string[] = []
for (const [name, command] of STEPS) await step(name, command)
if (!process.argv.includes('--fast') && !failed.includes('build')) await step('tests', 'node tools/test/run.ts')
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

async function step(name: string, command: string): Promise<void> {
  const started = performance.now()
  const child = spawn(command.replace(/^npm /, 'npm --silent '), { shell: true, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) failed.push(name)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}
