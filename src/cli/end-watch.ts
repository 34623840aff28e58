import { writeSync } from 'node:fs'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { exitNow } from '../host/confinement.ts'
import { loadedPlugins } from '../registry/plugin-of.ts'
import { exitCodeOf } from './exit-code.ts'
import { isOurs, nameOf } from './name-plugin.ts'
import { failureDocument, renderDocument, renderError, renderWarning } from './render-error.ts'

/** How long the process may live on by itself once a command is done. */
const LEFT_OPEN_MS = 1000

/**
 * Sees to it that the process ends when a command is done, and not before. A command that waits for something that can
 * never come would otherwise end with 0, as if all were well, since Node ends when nothing is left to wait for.
 */
export class EndWatch {
  readonly #json: boolean

  constructor(json: boolean) {
    this.#json = json
    process.once('exit', this.#onExit)
  }

  /**
   * The process ends by itself: `process.exit` can wait for ever for a thread of V8
   * (https://github.com/nodejs/node/issues/54918). Only when something was left open does it take that way.
   */
  done(): void {
    process.off('exit', this.#onExit)
    setTimeout(() => {
      const culprits = loadedPlugins().filter((plugin) => !isOurs(plugin))
      if (culprits.length > 0 && (process.exitCode ?? 0) === 0) {
        const names = culprits.map(nameOf).join(', ')
        process.stderr.write(
          renderWarning(`plugin ${names}: something was left open, such as a timer or a socket; it was not waited for`),
        )
      }
      exitNow()
    }, LEFT_OPEN_MS).unref()
  }

  /** A signal ends the process with another code. */
  readonly #onExit = (code: number): void => {
    if (code !== 0 && code !== 13) return
    const names = loadedPlugins().map(nameOf).join(', ')
    const who = names === '' ? 'dbvault' : `dbvault or one of its plugins in use (${names})`
    const error = new DbvaultError('INTERNAL', `${who} waits for something that can never come; nothing was finished`, {
      hints: ['Run it again with DEBUG=dbvault and report what it prints.'],
    })
    if (this.#json) writeSync(1, renderDocument(failureDocument(error)))
    writeSync(2, renderError(error))
    process.exitCode = exitCodeOf(error.code)
  }
}
