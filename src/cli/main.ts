import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { wantsJson } from './environment.ts'
import { keepCommandLineOutOfDebug } from './debug-output.ts'
import { allowConfinement, writeOut } from '../host/confinement.ts'
import { EndWatch } from './end-watch.ts'
import { exitCodeOf } from './exit-code.ts'
import { namePlugin } from './name-plugin.ts'
import { failureDocument, renderDocument, renderError } from './render-error.ts'
import { flushOutput, tolerateClosedPipes } from './stdout.ts'
import { silenceExperimentalWarnings } from './warnings.ts'

/** What oclif adds to the errors that it means for users. */
interface OclifError extends Error {
  readonly code?: string
  readonly oclif: { readonly exit?: number }
  readonly suggestions?: readonly string[]
}

/**
 * Runs one command line, in place of oclif's `execute`: user plugins are loaded so that they cannot do harm, and
 * every failure ends in dbvault's own message and exit code.
 * @param root the folder of dbvault's package.json
 */
export async function main(argv: readonly string[], root: string): Promise<void> {
  silenceExperimentalWarnings()
  tolerateClosedPipes()
  keepCommandLineOutOfDebug()
  allowConfinement()
  const watch = new EndWatch(wantsJson(argv))
  try {
    if (asksForVersion(argv)) await printVersion(root)
    else if (argv[0] === '__complete') await printCompletion(argv.slice(1), root)
    else await runCommand(argv, root)
    await flushOutput()
    watch.done()
  } catch (error) {
    process.exitCode = tell(error, argv)
    await flushOutput()
    watch.done()
  }
}

/** oclif alone takes longer to load than this line to print. */
async function printVersion(root: string): Promise<void> {
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, string>
  writeOut(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
}

/** For the scripts of {@link ./completion/scripts.ts}. Whatever goes wrong, a shell is not disturbed by it. */
async function printCompletion([shell = '', ...words]: readonly string[], root: string): Promise<void> {
  const { answer } = await import('./completion/answer.ts')
  writeOut(await answer(root, shell, words))
}

function asksForVersion(argv: readonly string[]): boolean {
  return argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')
}

async function runCommand(argv: readonly string[], root: string): Promise<void> {
  const [{ run }, { loadConfig }] = await Promise.all([import('@oclif/core/run'), import('./load-config.ts')])
  await run(commandFirst(argv), await loadConfig(root))
}

/** Commands of dbvault have told of their own failure already; this is for oclif's commands and for everything before. */
function tell(error: unknown, argv: readonly string[]): number {
  if (isOclifError(error) && error.code === 'EEXIT') return error.oclif.exit ?? 1
  const failure = namePlugin(isOclifError(error) ? fromOclif(error) : asDbvaultError(error))
  if (wantsJson(argv)) writeOut(renderDocument(failureDocument(failure)))
  process.stderr.write(renderError(failure))
  return exitCodeOf(failure.code)
}

function isOclifError(error: unknown): error is OclifError {
  // A command that cannot be loaded is a bug, though oclif dresses it alike.
  return error instanceof Error && 'oclif' in error && !('code' in error && error.code === 'MODULE_NOT_FOUND')
}

/** What oclif's own commands, such as `plugins install`, say on purpose is not a bug of ours. */
function fromOclif(error: OclifError): DbvaultError {
  const message = error.message.replace(/\nSee more help with --help$/, '')
  return new DbvaultError('USAGE', message, { hints: error.suggestions ?? [], cause: error })
}

/** `dbvault --json backup …` means `dbvault backup --json …`: oclif wants the command's name first. */
function commandFirst(argv: readonly string[]): string[] {
  const first = argv.findIndex((word) => word !== '--json' && word !== '--quiet')
  if (first <= 0) return [...argv]
  const rest = argv.slice(first)
  const end = rest.indexOf('--')
  return rest.toSpliced(end === -1 ? rest.length : end, 0, ...argv.slice(0, first))
}
