/** Databases in which a proof restores what it proves. */
export const SCRATCH_NAME = /^dbvault_scratch_([0-9a-f]{16})$/

export function scratchName(id: string): string {
  return `dbvault_scratch_${id}`
}
