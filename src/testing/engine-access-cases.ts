import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import type { Source } from '../contract/engine.ts'
import type { FlagSpecs } from '../contract/flags.ts'
import type { Secret } from '../contract/host.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import type { ErrorCode } from '../errors/error-code.ts'
import { spellings } from '../host/redact.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { engineCase, excusableCase, rejectsWith, type EngineExam } from './engine-exam.ts'
import type { EngineHarness, Excuse } from './engine-harness.ts'
import { soon } from './soon.ts'

export function engineAccessCases<S extends FlagSpecs>(harness: EngineHarness<S>): ConformanceCase[] {
  const { engine } = harness
  const refused = (what: string, source: (() => Promise<Source<S>>) | Excuse, code: ErrorCode): ConformanceCase =>
    excusableCase(
      harness,
      `${what} is ${code} for probe and for dump, without its secrets`,
      source,
      async (exam, make) => {
        const given = await make()
        const attempts: readonly (() => Promise<unknown>)[] = [() => exam.probe(given), () => exam.dump(given)]
        for (const attempt of attempts) {
          showsNoSecret(await rejectsWith(soon(attempt()), code), given)
        }
        // It must still be so: asking may not have made it.
        await rejectsWith(soon(exam.probe(given)), code)
      },
    )

  return [
    refused('an absent database', () => harness.absentSource(), 'SOURCE_NOT_FOUND'),
    refused('an unreachable server', harness.unreachableSource, 'SOURCE_UNREACHABLE'),
    refused('a wrong password', harness.deniedSource, 'SOURCE_DENIED'),
    secretsCase(harness),
    excusableCase(
      harness,
      'databases names the source',
      engine.databases === undefined ? 'a source is one database' : engine.databases.bind(engine),
      async (exam, databases) => {
        await using fixture = await harness.source()
        const names = await exam.watch(() => Array.fromAsync(databases(fixture.source, exam.host)))
        assert.ok(names.includes(fixture.source.database), names.join())
        assert.equal(new Set(names).size, names.length)
      },
    ),
  ]
}

function secretsCase<S extends FlagSpecs>(harness: EngineHarness<S>): ConformanceCase {
  const name = 'no secret stands in the arguments of any process while a dump is read'
  const { settings } = harness.engine.descriptor.source
  const ask = async (exam: EngineExam<S>): Promise<void> => {
    await using fixture = await harness.source()
    const secrets = spellings(secretsOf(fixture.source))
    assert.ok(secrets.length > 0, 'the source has a password')
    await exam.withDump(fixture.source, async (dump) => {
      for await (const { bytes } of dump.members) {
        const chunks = bytes[Symbol.asyncIterator]()
        await chunks.next()
        const shown = commandLines()
        for (const secret of secrets)
          assert.ok(!shown.includes(secret), 'a secret stands in the arguments of a process')
        await buffer({ [Symbol.asyncIterator]: () => chunks })
      }
    })
  }
  if (settings.includes('password') || settings.includes('url')) return engineCase(harness, name, ask)
  return { name, excused: 'a source has no secrets', run: async () => {} }
}

function showsNoSecret(error: DbvaultError, source: Source): void {
  const shown = [error.message, ...error.hints, error.stack].join('\n')
  for (const secret of spellings(secretsOf(source))) assert.ok(!shown.includes(secret), 'a secret stands in an error')
}

function secretsOf({ password, url }: Source): Secret[] {
  return [password, url].filter((secret) => secret !== undefined)
}

function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return '' // It has ended meanwhile.
      }
    })
    .join('\n')
}
