/** The files that SQLite keeps beside a database and applies to whatever stands at its name. */
export function sidecars(path: string): string[] {
  return ['-wal', '-shm', '-journal'].map((suffix) => path + suffix)
}
