import assert from 'node:assert/strict'

/** Long enough for a program that ignores SIGTERM. */
const LIMIT_MS = 30_000

/** Settles as the promise does, and fails when that takes longer than anything that was told to stop may take. */
export async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: 'still not settled after 30 s' })), LIMIT_MS)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
