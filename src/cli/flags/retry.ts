import { integer } from '@oclif/core/flags'
import { durationFlag } from './duration.ts'

const helpGroup = 'RUN'

/** Of every command that speaks to a server or a cloud. Times are in milliseconds once parsed. */
export const retryFlags = {
  attempts: integer({
    summary: 'How often to try a step that fails for a passing reason.',
    default: 3,
    min: 1,
    max: 100,
    env: 'DBVAULT_ATTEMPTS',
    helpGroup,
  }),
  'retry-min': durationFlag({
    summary: 'Wait before the second attempt; it doubles with each further one [2s].',
    default: async () => 2000,
    noCacheDefault: true,
    env: 'DBVAULT_RETRY_MIN',
    helpGroup,
  }),
  'retry-max': durationFlag({
    summary: 'Longest wait [10s].',
    default: async () => 10_000,
    noCacheDefault: true,
    env: 'DBVAULT_RETRY_MAX',
    helpGroup,
  }),
  timeout: durationFlag({ summary: 'Give up after this time, such as 2h.', env: 'DBVAULT_TIMEOUT', helpGroup }),
}
