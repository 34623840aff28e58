import { boolean } from '@oclif/core/flags'

/** On every command. */
export const outputFlags = {
  json: boolean({
    summary: 'Print one JSON document on stdout and nothing else.',
    env: 'DBVAULT_JSON',
    helpGroup: 'OUTPUT',
  }),
  quiet: boolean({
    summary: 'Show no progress; warnings and errors stay.',
    env: 'DBVAULT_QUIET',
    helpGroup: 'OUTPUT',
  }),
}
