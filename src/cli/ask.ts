import { DbvaultError } from '../errors/dbvault-error.ts'

/** Whether there is a person to ask: a terminal both ways, and nobody wants JSON or silence. */
export function canAsk(flags: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined }): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && !flags.json && !flags.quiet
}

/** Questions go to stderr, so that stdout stays the result's. Ctrl-C at a question ends the command as anywhere else. */
async function ask<T>(
  signal: AbortSignal,
  question: (context: { output: NodeJS.WritableStream; signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await question({ output: process.stderr, signal })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new DbvaultError('INTERRUPTED', 'interrupted', { cause: error })
    throw error
  }
}

export async function askText(message: string, signal: AbortSignal): Promise<string> {
  const { input } = await import('@inquirer/prompts')
  return ask(signal, (context) => input({ message, required: true }, context))
}

export async function askSecret(message: string, signal: AbortSignal): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  return ask(signal, (context) => password({ message }, context))
}

export async function askChoice(message: string, choices: readonly string[], signal: AbortSignal): Promise<string> {
  const { select } = await import('@inquirer/prompts')
  return ask(signal, (context) => select({ message, choices: [...choices] }, context))
}

export async function askConsent(message: string, signal: AbortSignal): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts')
  return ask(signal, (context) => confirm({ message, default: false }, context))
}
