/** A flow of bytes. Throwing is failure; ending without an error is the claim that it is complete. */
export type Bytes = AsyncIterable<Uint8Array>

/** Turns one flow into another. It must consume its source to the end, and pass on what the source throws. */
export type Stage = (source: Bytes) => Bytes
