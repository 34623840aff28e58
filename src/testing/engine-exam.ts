import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type {
  Check,
  Dump,
  Fingerprint,
  Probe,
  Proof,
  RestoreReport,
  Source,
  Stored,
  TargetState,
} from '../contract/engine.ts'
import type { FlagSpecs } from '../contract/flags.ts'
import type { ErrorCode } from '../errors/error-code.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { EngineHarness, Excuse } from './engine-harness.ts'
import type { HeldDump, HeldMember } from './held-dump.ts'
import { leavingNothing } from './residue.ts'
import { testHost, type TestHost } from './test-host.ts'

/** Calls one engine as the core does, and asserts after every call that it left nothing. */
export class EngineExam<S extends FlagSpecs> {
  readonly harness: EngineHarness<S>
  readonly host: TestHost

  constructor(harness: EngineHarness<S>, host: TestHost) {
    this.harness = harness
    this.host = host
  }

  probe(source: Source<S>): Promise<Probe> {
    return this.watch(() => this.harness.engine.probe(source, this.host))
  }

  inspect(target: Source<S>): Promise<TargetState> {
    return this.watch(() => this.harness.engine.inspect({ ...target, replace: false }, this.host))
  }

  /** A whole dump, its fingerprint taken while it is read. */
  dump(source: Source<S>): Promise<HeldDump> {
    return this.watch(() => this.dumpUnwatched(source))
  }

  /** For dumps side by side, each of which would be taken for what the other left. */
  async dumpUnwatched(source: Source<S>): Promise<HeldDump> {
    await using dump = this.harness.engine.dump({ source, fingerprint: true }, this.host)
    const members: HeldMember[] = []
    let fingerprint: Promise<Fingerprint> | undefined
    for await (const { name, format, bytes } of dump.members) {
      fingerprint ??= dump.fingerprint()
      const [read] = await Promise.all([buffer(bytes), fingerprint])
      members.push({ name, format, bytes: read })
    }
    assert.ok(fingerprint, 'a dump has at least one member')
    return { members, fingerprint: await fingerprint }
  }

  /** Starts a dump, hands it to `use`, and ends it. */
  withDump<T>(source: Source<S>, use: (dump: Dump) => Promise<T>, fingerprint = true): Promise<T> {
    return this.watch(async () => {
      await using dump = this.harness.engine.dump({ source, fingerprint }, this.host)
      return await use(dump)
    })
  }

  check(members: readonly Stored[]): Promise<Check> {
    return this.watch(() => this.harness.engine.check(members, this.host))
  }

  prove(members: readonly Stored[], source: Source<S>, expected?: Fingerprint): Promise<Proof> {
    const scratch = this.harness.scratch?.(source) ?? { mode: 'auto', source, flags: source.flags }
    const request = { stored: members, scratch, ...(expected === undefined ? {} : { expected }) }
    return this.watch(() => this.harness.engine.prove(request, this.host))
  }

  restore(
    members: readonly Stored[],
    target: Source<S>,
    options: { readonly replace?: boolean; readonly expected?: Fingerprint } = {},
  ): Promise<RestoreReport> {
    const { replace = false, ...rest } = options
    return this.watch(() =>
      this.harness.engine.restore({ stored: members, target: { ...target, replace }, ...rest }, this.host),
    )
  }

  /** Asserts that a proof found the members wanting, in either of the two ways it may say so. */
  async assertNotProven(proof: Promise<Proof>, what: string): Promise<void> {
    const outcome = await proof.then(
      (found) => found.outcome,
      (error: unknown) => codeOf(error),
    )
    assert.ok(outcome === 'different' || outcome === 'PROOF_FAILED', `${what}: the proof said ${outcome}`)
  }

  watch<T>(call: () => Promise<T>): Promise<T> {
    return leavingNothing(this.host.tempRoot, async () => (await this.harness.leftovers?.()) ?? [], call)
  }
}

export function engineCase<S extends FlagSpecs>(
  harness: EngineHarness<S>,
  name: string,
  run: (exam: EngineExam<S>) => Promise<void>,
): ConformanceCase {
  return {
    name,
    async run() {
      await using host = testHost()
      await run(new EngineExam(harness, host))
    },
  }
}

/** A case about something that not every engine has. */
export function excusableCase<S extends FlagSpecs, P>(
  harness: EngineHarness<S>,
  name: string,
  provided: P | Excuse,
  run: (exam: EngineExam<S>, provided: P) => Promise<void>,
): ConformanceCase {
  if (typeof provided === 'string') return { name, excused: provided, run: async () => {} }
  return engineCase(harness, name, (exam) => run(exam, provided))
}

/** The code of an error made by a host. Anything else that was thrown is a bug in the engine, and is thrown on. */
export function codeOf(error: unknown): ErrorCode {
  if (!DbvaultError.is(error)) throw error
  return error.code
}

/** Asserts that it rejects with one of the codes, and returns the error. */
export async function rejectsWith(promise: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<DbvaultError> {
  const error = await promise.then(
    () => assert.fail(`resolved in place of throwing ${codes.join(' or ')}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(codes.includes(codeOf(error)), `threw ${codeOf(error)} in place of ${codes.join(' or ')}: ${String(error)}`)
  return error as DbvaultError
}
