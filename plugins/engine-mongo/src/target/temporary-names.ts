const PREFIX = 'dbvault'

/** Collections get short names while they are filled or on their way out: theirs may be as long as the server permits. */
export class TemporaryNames {
  readonly #id: string
  #count = 0

  constructor(id: string) {
    this.#id = id
  }

  /** For a program that knows only one rule for all names. */
  get prefix(): string {
    return `${PREFIX}_new_${this.#id}_`
  }

  get journal(): string {
    return `${PREFIX}_journal_${this.#id}`
  }

  next(kind: 'new' | 'old'): string {
    return `${PREFIX}_${kind}_${this.#id}_${this.#count++}`
  }
}

/** Left by a restore that was killed: what it has made, what it has moved aside, and its journal. */
export function isLeftover(name: string): boolean {
  return /^dbvault_new_[0-9a-f]{8}_/.test(name) || isMovedAside(name) || isJournal(name)
}

/** What a swap is going to do; see `SwapJournal`. */
export function isJournal(name: string): boolean {
  return /^dbvault_journal_[0-9a-f]{8}$/.test(name)
}

/** Whether the run that wrote this journal has made this collection. */
export function isMadeBeside(name: string, journal: string): boolean {
  return name.startsWith(`${PREFIX}_new_${journal.slice(-8)}_`)
}

/** What the database had under another name. */
export function isMovedAside(name: string): boolean {
  return /^dbvault_old_[0-9a-f]{8}_/.test(name)
}
