/** Bytes that are not BSON, or a text that is not Extended JSON. */
export class BsonError extends Error {
  override readonly name = 'BsonError'
}
