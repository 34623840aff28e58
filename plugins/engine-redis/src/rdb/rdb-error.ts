/** What is wrong with the bytes of an RDB file. Says nothing of keys or values. */
export class RdbError extends Error {
  override readonly name = 'RdbError'
  /** `damaged`: these are not the bytes of a whole RDB file. `unknown`: they hold what this version cannot read. */
  readonly kind: 'damaged' | 'unknown'

  constructor(kind: 'damaged' | 'unknown', message: string) {
    super(message)
    this.kind = kind
  }
}

export function damaged(message: string): never {
  throw new RdbError('damaged', message)
}

export function unknown(message: string): never {
  throw new RdbError('unknown', message)
}
