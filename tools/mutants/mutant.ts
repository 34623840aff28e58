/** A bug to plant, and the test that has to notice it. Paths are relative to the repository. */
export interface Mutant {
  /** What goes wrong, as one would tell it in a bug report. */
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  readonly killedBy: {
    readonly file: string
    /** Part of the test's full title. All tests that match have to pass without the bug, and one has to fail with it. */
    readonly title: string
  }
}

/** The file's text with the bug in it. @throws Error when the place is not there, or not the only one */
export function plant({ find, replace, file }: Mutant, source: string): string {
  const places = source.split(find).length - 1
  if (places !== 1) throw new Error(`the text to replace stands ${places} times in ${file}`)
  // A function, so that a "$&" in the replacement means nothing.
  return source.replace(find, () => replace)
}

/** The compiler's project that a file belongs to; undefined for what is not compiled. */
export function projectOf(file: string): string | undefined {
  return /^(?:plugins\/[^/]+|src)(?=\/)/.exec(file)?.[0]
}
