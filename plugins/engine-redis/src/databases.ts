/** A server is backed up as a whole: one snapshot has all its logical databases. */
export async function* databases(): AsyncGenerator<string> {
  yield 'all'
}
