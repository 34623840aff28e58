import type { PluginProblem } from '../registry/contribution.ts'
import { renderWarning } from './render-error.ts'

/** Leaves out the warnings that Node gives for its own experimental modules, and no others. */
export function silenceExperimentalWarnings(): void {
  const printers = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning') return
    for (const print of printers) print.call(process, warning)
  })
}

const told = new Set<string>()

/** Names the plugins that are not used on stderr, each problem once a process. */
export function tellPluginProblems(problems: readonly PluginProblem[]): void {
  for (const { package: name, message } of problems) {
    const text = `plugin ${name}: ${message}`
    if (told.has(text)) continue
    told.add(text)
    process.stderr.write(renderWarning(text))
  }
}
