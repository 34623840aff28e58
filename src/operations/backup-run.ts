import type { Host } from '../contract/host.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import type { BackupRequest, BackupResult, Location } from './backup-request.ts'
import type { OperationContext } from './context.ts'
import type { DumpedMember } from './dump-to-storage.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import type { ProvenOutcome } from './prove-dump.ts'

type Step = 'dump' | 'prove' | 'upload'

/** One backup in the making: what its steps share, what they have warned of, and how long each took. */
export class BackupRun {
  readonly request: BackupRequest
  readonly context: OperationContext
  /** What the user called the database, on progress lines. */
  readonly subject: string
  readonly warnings: string[] = []
  readonly #started = performance.now()
  readonly #milliseconds: Record<Step, number> = { dump: 0, prove: 0, upload: 0 }
  #id = ''
  #label: string

  constructor(request: BackupRequest, context: OperationContext) {
    this.request = request
    this.context = context
    this.subject = request.source.database
    this.#label = this.subject
  }

  /** Empty until the source has been looked at. */
  get id(): string {
    return this.#id
  }

  begin(id: string, label: string): void {
    this.#id = id
    this.#label = label
  }

  /** Tells the user, and the manifest. */
  warn(message: string): void {
    this.warnings.push(message)
    this.context.report({ kind: 'warning', subject: this.subject, message })
  }

  host(signal = this.context.signal): Host {
    const { source, scratch } = this.request
    return hostFor(this.context, this.subject, {
      signal,
      onWarning: (message) => this.warnings.push(message),
      secrets: [source.password, source.url, scratch?.url],
    })
  }

  /** Goes on working after an abort. */
  cleanupHost(): Host {
    return cleanupHost(this.context, this.subject)
  }

  phase(phase: string): void {
    this.context.report({ kind: 'phase', subject: this.subject, phase })
  }

  async timed<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      return await work()
    } finally {
      this.#milliseconds[step] += performance.now() - started
    }
  }

  /** What the user gets when nothing was kept. */
  failed(error: DbvaultError): BackupResult {
    return { ...this.#common(), status: 'failed', members: [], locations: [], error }
  }

  finished(
    dumped: readonly DumpedMember[],
    outcome: ProvenOutcome,
    locations: readonly Location[],
    error: DbvaultError | undefined,
  ): BackupResult {
    const members = dumped.map(({ name, artifact, dump }) => ({ name, artifact, dump }))
    const { at: _, ...proof } = outcome.proof
    return {
      ...this.#common(),
      status: outcome.status,
      ...(members[0] && { artifact: members[0].artifact, dump: members[0].dump }),
      members,
      locations,
      proof,
      ...(error && { error }),
    }
  }

  #common(): Pick<BackupResult, 'id' | 'engine' | 'database' | 'timings' | 'warnings'> {
    const { dump, prove, upload } = this.#milliseconds
    return {
      id: this.#id,
      engine: this.request.engine.descriptor.name,
      database: this.#label,
      timings: {
        total: seconds(performance.now() - this.#started),
        dump: seconds(dump),
        prove: seconds(prove),
        upload: seconds(upload),
      },
      warnings: this.warnings,
    }
  }
}

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1000
