/** Stands in each database that a restore fills or has replaced. Its value is when its run was last alive, in milliseconds. */
export const MARKER = '__dbvault_staging__'
/** What the mark ends with in a database that holds what was replaced; in one that is filled, with three zeros. */
export const REPLACED = '001'

/** A logical database that is filled in place of the one that it becomes in the end. */
export interface Staged {
  /** In the backup. */
  readonly from: number
  /** In the target. */
  readonly to: number
  /** Where it is filled. */
  readonly in: number
}
