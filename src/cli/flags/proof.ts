import { boolean, string } from '@oclif/core/flags'

const helpGroup = 'PROOF'

export const scratchFlags = {
  scratch: string({
    summary: 'Where to restore for the proof: auto, private, source, or a connection string.',
    helpValue: '<where>',
    default: 'auto',
    env: 'DBVAULT_SCRATCH',
    helpGroup,
  }),
}

/** How far `backup` proves what it has stored. */
export const proofFlags = {
  prove: string({
    summary: 'How to prove the backup: by a restore into scratch, by a check of the format, or not at all.',
    options: ['restore', 'check', 'none'] as const,
    default: 'restore',
    env: 'DBVAULT_PROVE',
    helpGroup,
  }),
  'prove-from': string({
    summary: 'Which copy to read back: local, or the name of a --cloud.',
    helpValue: '<storage>',
    env: 'DBVAULT_PROVE_FROM',
    helpGroup,
  }),
  ...scratchFlags,
  'allow-incomplete': boolean({
    summary: 'Go on although the dump will lack something; what it lacks is recorded.',
    env: 'DBVAULT_ALLOW_INCOMPLETE',
    helpGroup,
  }),
}
