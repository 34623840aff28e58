type Write = typeof process.stdout.write

interface Own {
  readonly write: Write
  readonly exit: typeof process.exit
}

let isOn = false
let own: Own | undefined

/** Says that this process is dbvault's own, so that plugins may be confined in it; in somebody's program they may not. */
export function allowConfinement(): void {
  isOn = true
}

/**
 * Keeps plugins away from what belongs to dbvault, from the first one on that is imported, and again after each: stdout,
 * which holds the result and nothing else (what plugins write there goes to stderr), and the end of the process, which
 * would otherwise look like success. Against accidents; a plugin runs with the user's rights and can do anything.
 */
export function confine(): void {
  if (!isOn) return
  own ??= { write: process.stdout.write, exit: process.exit }
  process.stdout.write = process.stderr.write.bind(process.stderr)
  process.exit = () => {
    throw new Error('it called process.exit')
  }
}

/** Writes to stdout for dbvault. `done` is called once it is written, or cannot be. */
export function writeOut(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean {
  return (own?.write ?? process.stdout.write).call(process.stdout, chunk, undefined, done)
}

/** Ends the process for dbvault. Without a code with that of `process.exitCode`, which an undefined one would clear. */
export function exitNow(code: number | string | null | undefined = process.exitCode): never {
  return (own?.exit ?? process.exit).call(process, code)
}
