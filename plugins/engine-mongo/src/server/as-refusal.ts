import { RefusedError } from './refused-error.ts'
import { serverCode } from './server-error.ts'

/** Runs something that gives documents or definitions to a server: its error is then about them. @throws RefusedError */
export async function asRefusal<T>(collection: string, running: Promise<T>): Promise<T> {
  try {
    return await running
  } catch (error) {
    const answered = error instanceof Error && 'code' in error && error.code === 'DUMP_FAILED' ? error.cause : undefined
    const code = serverCode(answered)
    if (code === undefined || !(answered instanceof Error)) throw error
    throw new RefusedError(collection, code, answered.message)
  }
}
