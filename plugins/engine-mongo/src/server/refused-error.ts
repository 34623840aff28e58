const DUPLICATE = 11000

/** The server did not take what it was given. Quotes nothing of documents. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  /** The server's number for it; 0 when it gave none. */
  readonly code: number
  readonly isDuplicate: boolean

  constructor(collection: string, code: number, said: string) {
    const isDuplicate = code === DUPLICATE || /duplicate key|E11000|exclusion constraint/i.test(said)
    super(`the server refused ${JSON.stringify(collection)}: ${isDuplicate ? duplicate(said) : reason(code, said)}`)
    this.code = code
    this.isDuplicate = isDuplicate
  }
}

function duplicate(said: string): string {
  const index = /index:? '?([^\s']+)/i.exec(said)?.[1]
  return index === undefined ? 'a key is there twice' : `a key is there twice in the index ${index}`
}

/** What comes before anything that could be quoted. */
function reason(code: number, said: string): string {
  const text = /^[^{}"]{1,200}/.exec(said)?.[0].trim() ?? ''
  return text === '' ? `error ${code}` : text
}
