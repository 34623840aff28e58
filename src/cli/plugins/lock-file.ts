import { rm, unlink, writeFile } from 'node:fs/promises'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { isDead, ownLease } from '../../host/lease.ts'

/**
 * Holds a lock until it is disposed. That of a killed run counts for nothing.
 * @throws LOCKED when a living run holds it
 */
export async function lockFile(path: string): Promise<AsyncDisposable> {
  for (;;) {
    try {
      await writeFile(path, ownLease(), { flag: 'wx', mode: 0o600 })
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if ((await isDead(path).catch(unlessGone)) === false) {
      throw new DbvaultError('LOCKED', 'Another dbvault is changing the plugins now', {
        hints: ['Wait until it is done.'],
        retryable: true,
      })
    }
    await unlink(path).catch(unlessGone)
  }
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
