import * as v from 'valibot'

const recordSchema = v.object({
  format: v.literal('dbvault-proof-1'),
  id: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
  tool: v.string(),
  outcome: v.picklist(['equal', 'restorable', 'failed']),
  seconds: v.number(),
  /** Error code of a failure. */
  reason: v.optional(v.string()),
  mac: v.object({ scheme: v.picklist(['hmac-sha256', 'sha256']), value: v.string() }),
})

/** What a later `verify` found, beside the backup as `<artifact>.proof-<utc>.json`. Bytes: docs/format.md. */
export type ProofRecord = v.InferOutput<typeof recordSchema>

/** Undefined when it is not one; a proof record that cannot be read proves nothing and breaks nothing. */
export function parseProofRecord(text: string): ProofRecord | undefined {
  try {
    const result = v.safeParse(recordSchema, JSON.parse(text))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}
