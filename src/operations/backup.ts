import type { Engine, Probe, Proof } from '../contract/engine.ts'
import { backupId } from '../catalog/backup-id.ts'
import type { ManifestProof, Status } from '../catalog/manifest.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { Encoding } from '../pipeline/encoding.ts'
import type { BackupRequest, BackupResult, Location } from './backup-request.ts'
import type { OperationContext } from './context.ts'
import { commitBackup, type Draft } from './commit-backup.ts'
import { copyArtifacts } from './copy-artifacts.ts'
import { dumpToStorage, type DumpedBackup } from './dump-to-storage.ts'
import { cipherFor } from './cipher-for.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import { type Provable, asStored, proveStored } from './prove-stored.ts'
import { retrying } from './retry.ts'

/**
 * Backs up one database: dump, compress, encrypt, store, read back, prove, and only then commit.
 *
 * Never rejects for what went wrong with the backup itself: that is `status: 'failed'` with `error`, and nothing is
 * left behind. A proof that could not be finished keeps the backup as `unproven`, with the reason in `error`.
 */
export async function backup(request: BackupRequest, context: OperationContext): Promise<BackupResult> {
  const run = new BackupRun(request, context)
  try {
    return await run.run()
  } catch (error) {
    return run.failed(asDbvaultError(error, context.signal))
  } finally {
    context.report({ kind: 'finished', subject: request.source.database })
  }
}

class BackupRun {
  readonly #request: BackupRequest
  readonly #context: OperationContext
  readonly #subject: string
  readonly #warnings: string[] = []
  readonly #started = performance.now()
  readonly #timings = { dump: 0, prove: 0, upload: 0 }
  #id: string
  #label: string

  constructor(request: BackupRequest, context: OperationContext) {
    this.#request = request
    this.#context = context
    this.#subject = request.source.database
    this.#label = request.source.database
    this.#id = ''
  }

  async run(): Promise<BackupResult> {
    const { engine, destinations } = this.#request
    const probe = await this.#probe()
    this.#label = probe.label
    const createdAt = (this.#request.now ?? (() => new Date()))()
    this.#id = backupId(probe.label, createdAt)
    const cipher = await cipherFor(this.#request.encryption)
    const encoding: Encoding = {
      compression: this.#request.compression.name,
      ...(this.#request.compression.level !== undefined && { level: this.#request.compression.level }),
      ...(cipher && { cipher }),
    }
    await this.#probeDestinations()

    const dumped = await this.#timed('dump', () => this.#dump(encoding))
    const locations: Location[] = []
    try {
      const { status, proof, error } = await this.#timed('prove', () => this.#prove(engine, dumped, encoding))
      const copies = await this.#timed('upload', () =>
        copyArtifacts(dumped.members, destinations.slice(1), this.#context, this.#subject),
      )
      await this.#request.beforeCommit?.()
      const draft = this.#draft(probe, dumped, createdAt, status, proof)
      locations.push(...(await commitBackup(draft, dumped, copies, cipher, this.#context, this.#subject)))
      return this.#result(dumped, { status, proof, locations, ...(error && { error }) })
    } catch (error) {
      await dumped.discard()
      throw error
    } finally {
      await dumped.marker.remove(cleanupHost(this.#context, this.#subject)).catch(() => {
        this.#warnings.push('The marker of this run could not be removed; it counts as dead after 15 minutes')
      })
    }
  }

  /** What the user gets when nothing was kept. */
  failed(error: DbvaultError): BackupResult {
    return {
      id: this.#id,
      engine: this.#request.engine.descriptor.name,
      database: this.#label,
      status: 'failed',
      members: [],
      locations: [],
      timings: this.#seconds(),
      warnings: this.#warnings,
      error,
    }
  }

  async #probe(): Promise<Probe> {
    const { engine, source, prove, allowIncomplete } = this.#request
    this.#context.report({ kind: 'phase', subject: this.#subject, phase: 'looking' })
    const probe = await retrying('opening the source', this.#subject, this.#context, () =>
      engine.probe(source, this.#host()),
    )
    for (const { severity, message } of probe.findings) if (severity === 'warning') this.#warn(message)
    const incomplete = probe.findings.filter(({ severity }) => severity === 'incomplete')
    if (incomplete.length > 0 && !allowIncomplete) {
      throw new DbvaultError(
        'DUMP_INCOMPLETE',
        `The dump would be incomplete: ${incomplete.map((f) => f.message).join('; ')}`,
        {
          hints: [
            ...incomplete.flatMap((f) => f.fixes ?? []),
            'Or accept it with --allow-incomplete; what is missing is then recorded.',
          ],
        },
      )
    }
    for (const { message } of incomplete) this.#warn(message)
    if (prove === 'restore' && !probe.scratch.possible) {
      throw new DbvaultError('PROOF_UNAVAILABLE', `A restore cannot be tried here: ${probe.scratch.why}`, {
        hints: [
          ...probe.scratch.hints,
          'Or settle for less: --prove check looks at the stored file without restoring it.',
        ],
      })
    }
    if (probe.bytes !== undefined)
      this.#context.report({ kind: 'estimate', subject: this.#subject, bytes: probe.bytes })
    return probe
  }

  /** Before a long dump: is each place there, and may we write to it. */
  async #probeDestinations(): Promise<void> {
    for (const { storage } of this.#request.destinations) {
      const found = await retrying(`opening ${storage.label}`, this.#subject, this.#context, () =>
        storage.probe(this.#host()),
      )
      if (found.writable) continue
      throw new DbvaultError('STORAGE_DENIED', `${storage.label} cannot be written to`, {
        hints: [...found.notes, 'Choose another place, or get the right to write there.'],
      })
    }
  }

  #dump(encoding: Encoding): Promise<DumpedBackup> {
    return retrying('the dump', this.#subject, this.#context, () =>
      dumpToStorage(this.#request, encoding, this.#id, this.#context, this.#subject, (message) =>
        this.#warnings.push(message),
      ),
    )
  }

  async #prove(
    engine: Engine,
    dumped: DumpedBackup,
    encoding: Encoding,
  ): Promise<{ status: Status; proof: ManifestProof; error?: DbvaultError }> {
    const method = this.#request.prove
    const started = performance.now()
    const close = (outcome: ManifestProof['outcome'], compared?: Proof['compared']): ManifestProof => ({
      method,
      outcome,
      at: new Date().toISOString(),
      seconds: seconds(performance.now() - started),
      ...(compared && { compared: { ...compared } }),
    })
    if (method === 'none') return { status: 'unproven', proof: close('not asked') }
    this.#context.report({
      kind: 'phase',
      subject: this.#subject,
      phase: method === 'restore' ? 'proving' : 'checking',
    })
    const stored = (): ReturnType<typeof asStored> =>
      asStored(this.#readBack(dumped, encoding), this.#context, this.#subject)
    try {
      if (method === 'check') {
        const { checked } = await retrying('the check', this.#subject, this.#context, () =>
          engine.check(stored(), this.#host()),
        )
        return { status: 'checked', proof: close('checked', checked) }
      }
      const proof = await retrying('the proof', this.#subject, this.#context, () =>
        proveStored(engine, stored(), dumped.fingerprint, this.#scratch(), this.#host()),
      )
      return {
        status: proof.equal ? 'proven' : 'checked',
        proof: close(proof.equal ? 'equal' : 'restorable', proof.compared),
      }
    } catch (error) {
      const known = asDbvaultError(error, this.#context.signal)
      if (known.code !== 'PROOF_UNFINISHED') throw known
      return { status: 'unproven', proof: close('unfinished'), error: known }
    }
  }

  /** The artifacts from where they are stored, not the dump on its way in. */
  #readBack(dumped: DumpedBackup, encoding: Encoding): Provable[] {
    return dumped.members.map(({ name, format, storage, key, artifact, dump }) => ({
      member: name,
      format,
      name: storage.address(key),
      open: () => storage.get(key, this.#host()),
      encoding,
      artifact,
      dump,
    }))
  }

  #scratch(): Parameters<typeof proveStored>[3] {
    const { scratch = { mode: 'auto' as const }, source } = this.#request
    return { ...scratch, source, flags: source.flags }
  }

  #draft(probe: Probe, dumped: DumpedBackup, createdAt: Date, status: Status, proof: ManifestProof): Draft {
    const incomplete = probe.findings
      .filter((finding) => finding.severity === 'incomplete')
      .map((finding) => finding.message)
    return {
      id: this.#id,
      createdAt: createdAt.toISOString(),
      engine: { name: this.#request.engine.descriptor.name, product: probe.product, version: probe.version },
      database: probe.label,
      consistency: probe.consistency,
      status,
      proof,
      labels: this.#request.labels ?? {},
      warnings: this.#warnings,
      incomplete,
      recipients: this.#request.encryption?.scheme === 'age' ? this.#request.encryption.recipients : [],
      ...(dumped.fingerprint && { fingerprint: dumped.fingerprint }),
    }
  }

  #result(
    dumped: DumpedBackup,
    outcome: { status: Status; proof: ManifestProof; locations: readonly Location[]; error?: DbvaultError },
  ): BackupResult {
    const { at: _, ...proof } = outcome.proof
    const members = dumped.members.map(({ name, artifact, dump }) => ({ name, artifact, dump }))
    return {
      id: this.#id,
      engine: this.#request.engine.descriptor.name,
      database: this.#label,
      status: outcome.status,
      ...(members[0] && { artifact: members[0].artifact, dump: members[0].dump }),
      members,
      locations: outcome.locations,
      proof,
      timings: this.#seconds(),
      warnings: this.#warnings,
      ...(outcome.error && { error: outcome.error }),
    }
  }

  async #timed<T>(step: 'dump' | 'prove' | 'upload', run: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      return await run()
    } finally {
      this.#timings[step] += performance.now() - started
    }
  }

  #seconds(): BackupResult['timings'] {
    const { dump, prove, upload } = this.#timings
    return {
      total: seconds(performance.now() - this.#started),
      dump: seconds(dump),
      prove: seconds(prove),
      upload: seconds(upload),
    }
  }

  #warn(message: string): void {
    this.#warnings.push(message)
    this.#context.report({ kind: 'warning', subject: this.#subject, message })
  }

  #host(): ReturnType<typeof hostFor> {
    return hostFor(this.#context, this.#subject, { onWarning: (message) => this.#warnings.push(message) })
  }
}

const seconds = (ms: number): number => Math.round(ms) / 1000
