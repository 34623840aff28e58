/** Why a proof cannot be had in one way, and what would help. */
export class ScratchUnavailable extends Error {
  override readonly name = 'ScratchUnavailable'
  readonly hints: readonly string[]

  constructor(message: string, hints: readonly string[] = [], cause?: unknown) {
    super(message, { cause })
    this.hints = hints
  }
}
