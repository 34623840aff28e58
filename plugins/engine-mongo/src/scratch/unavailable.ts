/** Why one kind of scratch cannot be had, and what would help. Another kind may still do. */
export class ScratchUnavailable extends Error {
  override readonly name = 'ScratchUnavailable'
  readonly hints: readonly string[]

  constructor(why: string, hints: readonly string[] = [], cause?: unknown) {
    super(why, cause === undefined ? undefined : { cause })
    this.hints = hints
  }
}
