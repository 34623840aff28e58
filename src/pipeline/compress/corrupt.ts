import { DbvaultError } from '../../errors/dbvault-error.ts'

/** What every decoder here throws: ARTIFACT_CORRUPT, with what is wrong and at which byte of the compressed flow. */
export const corrupt = (message: string, cause?: unknown): DbvaultError =>
  new DbvaultError('ARTIFACT_CORRUPT', message, {
    hints: ['Compare the digest of the artifact with the one in its manifest; if they differ, use another copy.'],
    cause,
  })
