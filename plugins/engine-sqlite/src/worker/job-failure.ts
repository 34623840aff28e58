import type { Failure } from './jobs.ts'

/** What a job failed with. Never leaves the plugin: `errors.ts` turns it into a dbvault error. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure'
  readonly errcode: number | undefined
  readonly code: string | undefined
  readonly table: string | undefined

  constructor(failure: Failure) {
    super(failure.message)
    this.errcode = failure.errcode
    this.code = failure.code
    this.table = failure.table
  }
}

/** Copies what can be cloned out of any error. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) }
  const { errcode, code, table } = error as Error & { errcode?: unknown; code?: unknown; table?: unknown }
  return {
    message: error.message,
    ...(typeof errcode === 'number' && { errcode }),
    ...(typeof code === 'string' && { code }),
    ...(typeof table === 'string' && { table }),
  }
}
