import * as v from 'valibot'
import type { Fingerprint } from '../contract/engine.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'

/** Larger ones are not ours: the largest fingerprint, of 100,000 tables, is about 20 MB. */
export const MANIFEST_BYTES_AT_MOST = 64 * 1024 * 1024

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const counts = v.record(v.string(), v.number())
/** A name that stays in its folder, whatever a manifest from elsewhere says. */
const plainName = v.pipe(v.string(), v.minLength(1), v.regex(/^(?!\.{1,2}$)[^/\0]+$/))
const time = v.pipe(v.string(), v.isoTimestamp())
const fingerprint = v.custom<Fingerprint>(
  (value) => typeof value === 'object' && value !== null && 'scheme' in value && typeof value.scheme === 'string',
)

const memberSchema = v.object({
  name: v.string(),
  format: v.object({ id: v.string(), extension: v.string() }),
  artifact: v.object({
    name: plainName,
    bytes: count,
    sha256,
    compression: v.picklist(['gzip', 'zstd', 'none']),
    encryption: v.picklist(['fernet', 'age', 'none']),
  }),
  dump: v.object({ bytes: count, sha256: v.optional(sha256) }),
})

const proofSchema = v.object({
  method: v.picklist(['restore', 'check', 'none']),
  outcome: v.picklist(['equal', 'checked', 'unfinished', 'not asked']),
  at: time,
  seconds: v.pipe(v.number(), v.minValue(0)),
  compared: v.optional(counts),
})

const manifestSchema = v.object({
  format: v.literal('dbvault-manifest-1'),
  id: v.pipe(v.string(), v.minLength(1)),
  createdAt: time,
  tool: v.string(),
  engine: v.object({ name: v.string(), product: v.string(), version: v.string() }),
  database: v.string(),
  /** Which database of that name it was: see `sourceId`. */
  sourceId: v.optional(v.string()),
  consistency: v.picklist(['point-in-time', 'none']),
  status: v.picklist(['proven', 'checked', 'unproven']),
  members: v.pipe(v.array(memberSchema), v.minLength(1)),
  encryption: v.variant('scheme', [
    v.object({ scheme: v.literal('none') }),
    v.object({ scheme: v.literal('fernet'), keyId: v.string() }),
    v.object({ scheme: v.literal('age'), recipients: v.array(v.string()) }),
  ]),
  proof: proofSchema,
  fingerprint: v.optional(fingerprint),
  sealed: v.optional(v.string()),
  incomplete: v.optional(v.array(v.string())),
  labels: v.optional(v.record(v.string(), v.string())),
  warnings: v.array(v.string()),
  mac: v.object({ scheme: v.picklist(['hmac-sha256', 'sha256']), value: v.string() }),
})

const sealedSchema = v.object({
  fingerprint: v.optional(fingerprint),
  dumps: v.record(v.string(), sha256),
  compared: v.optional(counts),
  macKey: v.optional(v.string()),
})

/** Whether a text means to be a manifest, be it of another version or damaged. */
export const looksLikeManifest = (text: string): boolean => text.includes('dbvault-manifest-')

/** The JSON beside an artifact, whose presence says that the backup is whole. Bytes: docs/format.md. */
export type Manifest = v.InferOutput<typeof manifestSchema>
export type ManifestProof = v.InferOutput<typeof proofSchema>
export type Status = Manifest['status']

/** What the manifest of an encrypted backup keeps from those without its key. `dumps`: member name to sha256. */
export type SealedPart = v.InferOutput<typeof sealedSchema>

/** @throws MANIFEST_INVALID naming the first thing that is wrong */
export function parseManifest(text: string, where: string): Manifest {
  return parse(manifestSchema, text, where)
}

/** @throws MANIFEST_INVALID */
export function parseSealedPart(text: string, where: string): SealedPart {
  return parse(sealedSchema, text, where)
}

function parse<T extends v.GenericSchema>(schema: T, text: string, where: string): v.InferOutput<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(where, 'is not JSON', cause)
  }
  const result = v.safeParse(schema, value)
  if (!result.success) {
    const issue = result.issues[0]
    throw invalid(where, `has something wrong at "${v.getDotPath(issue) ?? 'its top'}"`, undefined)
  }
  return result.output
}

function invalid(where: string, what: string, cause: unknown): DbvaultError {
  return new DbvaultError('MANIFEST_INVALID', `The manifest ${where} ${what}`, {
    cause,
    hints: [
      'It was damaged or edited, or a newer dbvault wrote it. The artifact itself can still be restored by its path.',
    ],
  })
}
