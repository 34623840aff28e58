/** The bytes are not a whole archive. The message says where and why, and quotes none of them. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}
