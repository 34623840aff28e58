import type { Mutant } from '../mutant.ts'

const BACKUP = 'test/operations/backup.test.ts'
const STORED = 'test/operations/stored-backups.test.ts'
const FLOWS = 'test/pipeline/flows.test.ts'

/** What makes a backup a proven one. */
export const PROOF: readonly Mutant[] = [
  {
    name: 'the proof is skipped',
    file: 'src/operations/prove-dump.ts',
    find: "  run.phase('proving')\n",
    replace: "  if (dumped.fingerprint) return { status: 'proven', proof: proof('equal') }\n  run.phase('proving')\n",
    killedBy: { file: BACKUP, title: 'when a backup is of other rows than the source' },
  },
  {
    name: 'the proof reads what was sent, and not what is stored',
    file: 'src/pipeline/write-artifact.ts',
    find: `  const stat = await storage.put(key, body, host)
  if (stat.bytes === written.bytes) return stat
`,
    replace: `  const { Readable: Kept } = await import('node:stream')
  const kept: Uint8Array[] = []
  const keep = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      kept.push(chunk)
      yield chunk
    }
  }
  const stat = await storage.put(key, Kept.from(keep()), host)
  Object.assign(storage, { get: async () => Kept.from(kept) })
  if (stat.bytes === written.bytes) return stat
`,
    killedBy: { file: BACKUP, title: 'when what is read back is not what was written (ARTIFACT_CORRUPT)' },
  },
  {
    name: 'a proof that found a difference counts as equal',
    file: 'src/operations/prove-stored.ts',
    find: "if (outcome !== 'different') return { equal: outcome === 'equal', compared }",
    replace: "if (outcome !== 'different' || engine) return { equal: (outcome as string) !== 'restorable', compared }",
    killedBy: { file: BACKUP, title: 'when a backup is of other rows than the source' },
  },
  {
    name: 'a backup whose proof failed is kept as unproven',
    file: 'src/operations/prove-dump.ts',
    find: "if (error.code !== 'PROOF_UNFINISHED') throw error",
    replace: "if (error.code !== 'PROOF_UNFINISHED' && error.code !== 'PROOF_FAILED') throw error",
    killedBy: { file: BACKUP, title: 'when a backup is of other rows than the source' },
  },
  {
    name: 'what was not compared counts as proven',
    file: 'src/operations/prove-stored.ts',
    find: "if (outcome === 'restorable' && expected) {",
    replace: "if (outcome === 'restorable' && expected && !engine) {",
    killedBy: { file: BACKUP, title: 'is unproven, and fails, when the engine restored but did not compare' },
  },
  {
    name: 'the manifest is written before the proof',
    file: 'src/operations/backup.ts',
    find: "    const proof = await run.timed('prove', () => proveDump(run, dumped, encoding))\n",
    replace: `    const hasty = { method: request.prove, outcome: 'equal', at: createdAt.toISOString(), seconds: 0 } as const
    const early = draftOf(run, probe, dumped, createdAt, { status: 'proven', proof: hasty })
    await commitBackup(early, dumped.members, placed, cipher, context)
    const proof = await run.timed('prove', () => proveDump(run, dumped, encoding))
`,
    killedBy: { file: BACKUP, title: 'writes the manifest last, when artifact and proof are done' },
  },
  {
    name: 'the digest of the artifact is not compared when it is read',
    file: 'src/pipeline/artifact.ts',
    find: "const artifact = required(await source.open(), source.name, 'artifact', source.artifact)",
    replace: "const artifact = required(await source.open(), source.name, 'artifact', undefined)",
    killedBy: { file: BACKUP, title: 'when what is read back is not what was written (ARTIFACT_CORRUPT)' },
  },
  {
    name: 'the digest of the dump is not compared when it is read',
    file: 'src/pipeline/artifact.ts',
    find: "source.name, 'dump', source.dump, onDumpBytes)",
    replace: "source.name, 'dump', undefined, onDumpBytes)",
    killedBy: { file: FLOWS, title: 'when its dump is not the one that its manifest names' },
  },
  {
    name: 'an artifact is authenticated without its digest',
    file: 'src/pipeline/artifact.ts',
    find: "const bytes = required(await source.open(), source.name, 'artifact', source.artifact)",
    replace: "const bytes = required(await source.open(), source.name, 'artifact', undefined)",
    killedBy: { file: FLOWS, title: 'is ARTIFACT_CORRUPT or KEY_WRONG, never less' },
  },
  {
    name: 'restore does not authenticate before it begins',
    file: 'src/operations/restore.ts',
    find: 'context, () => authenticate(member, context.signal))',
    replace: 'context, async () => request.dryRun && authenticate(member, context.signal))',
    killedBy: { file: STORED, title: 'does not begin with a damaged artifact' },
  },
  {
    name: 'decrypt does not authenticate before it writes',
    file: 'src/operations/decrypt.ts',
    find: "  await retrying('reading the artifact', name, context, () => authenticate(source, context.signal))\n",
    replace:
      "  if (name === '') await retrying('reading', name, context, () => authenticate(source, context.signal))\n",
    killedBy: { file: 'test/operations/decrypt.test.ts', title: 'begins no output' },
  },
  {
    name: 'verify calls a backup proven that was only restorable',
    file: 'src/operations/verify.ts',
    find: "status: equal ? 'proven' : 'checked'",
    replace: "status: equal ? 'proven' : 'proven'",
    killedBy: { file: STORED, title: 'is checked, not proven, when there is nothing to compare with' },
  },
  {
    name: 'list forgets that a later proof failed',
    file: 'src/operations/describe-backup.ts',
    find: 'return lastProof ? STATUS_OF[lastProof.record.outcome]',
    replace: "return lastProof && lastProof.record.outcome !== 'failed' ? STATUS_OF[lastProof.record.outcome]",
    killedBy: { file: STORED, title: 'writes down that a backup is damaged, and list says so' },
  },
]
