import type { Leaving } from '../archive/restore-list.ts'

export interface RestoreOptions extends Leaving {
  readonly owners: boolean
  readonly privileges: boolean
}

/** What pg_restore is told of it. */
export function restoreArgs({ owners, privileges }: RestoreOptions): string[] {
  return ['--no-tablespaces', ...(owners ? [] : ['--no-owner']), ...(privileges ? [] : ['--no-privileges'])]
}
