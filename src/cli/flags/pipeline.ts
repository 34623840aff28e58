import { boolean, integer, string } from '@oclif/core/flags'
import { byteSizeFlag } from './byte-size.ts'

const artifact = { helpGroup: 'ARTIFACT' }
const run = { helpGroup: 'RUN' }

/** How `backup` gets from dump to artifact. */
export const pipelineFlags = {
  compression: string({
    summary: 'How to compress.',
    options: ['gzip', 'zstd'] as const,
    default: 'gzip',
    env: 'DBVAULT_COMPRESSION',
    ...artifact,
  }),
  level: integer({ summary: 'How hard to compress.', min: 1, max: 19, env: 'DBVAULT_LEVEL', ...artifact }),
  label: string({
    summary: 'Note to keep in the manifest. Can be repeated.',
    helpValue: '<key=value>',
    multiple: true,
    multipleNonGreedy: true,
    env: 'DBVAULT_LABEL',
    ...artifact,
  }),
  'async-mode': boolean({
    char: 'a',
    summary: 'Back up the databases of one call side by side.',
    env: 'DBVAULT_ASYNC_MODE',
    ...run,
  }),
  concurrency: integer({
    summary: 'How many at once with --async-mode.',
    min: 1,
    max: 64,
    env: 'DBVAULT_CONCURRENCY',
    ...run,
  }),
  'limit-rate': byteSizeFlag({
    summary: 'Read the dump no faster than this, such as 10MB/s.',
    env: 'DBVAULT_LIMIT_RATE',
    ...run,
  }),
}

/** Of every command that moves data. */
export const tempFlags = {
  'temp-dir': string({
    summary: "Where temporary files go [the system's].",
    helpValue: '<dir>',
    env: 'DBVAULT_TEMP_DIR',
    ...run,
  }),
}
