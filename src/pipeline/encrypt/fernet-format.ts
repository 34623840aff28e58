/** The layout of a Fernet token before base64, from https://github.com/fernet/spec/blob/master/Spec.md */
export const VERSION = 0x80
export const BLOCK_BYTES = 16
/** Version (1), seconds since 1970 as an unsigned 64-bit big-endian number (8), IV (16). */
export const HEADER_BYTES = 1 + 8 + BLOCK_BYTES
export const IV_OFFSET = 1 + 8
/** HMAC-SHA256 over all that stands before it. */
export const MAC_BYTES = 32
/** PKCS #7 always pads, so even nothing makes one block. */
export const LEAST_BYTES = HEADER_BYTES + BLOCK_BYTES + MAC_BYTES
export const CIPHER = 'aes-128-cbc'
