import { string } from '@oclif/core/flags'

const cloud = {
  char: 'c',
  helpValue: '<storage>',
  multiple: true,
  multipleNonGreedy: true,
  env: 'DBVAULT_CLOUD',
} as const

/** Where `backup` stores. */
export const destinationFlags = {
  output: string({
    char: 'o',
    summary: 'Directory to store the backup in; needed unless a --cloud is given.',
    helpValue: '<dir>',
    env: 'DBVAULT_OUTPUT',
    helpGroup: 'DESTINATION',
  }),
  cloud: string({ ...cloud, summary: 'Cloud to store it in. Can be repeated.', helpGroup: 'DESTINATION' }),
}

/** Where stored backups are looked for. */
export const placeFlags = {
  output: string({
    char: 'o',
    summary: 'Directory that holds the backups.',
    helpValue: '<dir>',
    env: 'DBVAULT_OUTPUT',
    helpGroup: 'PLACE',
  }),
  cloud: string({ ...cloud, summary: 'Cloud that holds the backups.', helpGroup: 'PLACE' }),
}

/** `copy` names both of its places by their addresses. */
export const copyFlags = {
  from: string({
    summary: 'Address of the place to copy from.',
    helpValue: '<address>',
    env: 'DBVAULT_FROM',
    helpGroup: 'PLACE',
  }),
  to: string({
    summary: 'Address of the place to copy to.',
    helpValue: '<address>',
    env: 'DBVAULT_TO',
    helpGroup: 'PLACE',
  }),
}
