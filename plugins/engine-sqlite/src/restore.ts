import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Flags } from './descriptor.ts'
import { restoreError, notEmpty } from './restore-error.ts'
import { examine } from './examine.ts'
import { asSqliteFingerprint, counts, differences } from './fingerprint.ts'
import { putInPlace } from './put-in-place.ts'
import { onlyMember } from './read-stored.ts'
import { receive } from './receive.ts'
import { targetFile, TEMPORARY_PREFIX } from './target-file.ts'

/**
 * Writes a file beside the target, proves it, and only then puts it in place. What is restored is byte for byte what
 * was dumped.
 */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const member = onlyMember(stored, host, 'RESTORE_FAILED')
  const place = await targetFile(target.database, host)
  if (place.state === 'occupied' && !target.replace) throw notEmpty(host, place.path)
  const wanted = expected && asSqliteFingerprint(expected)
  if (expected && wanted === undefined) {
    const message = `The rows cannot be compared: this version does not know the fingerprint "${expected.scheme}"`
    host.report({ kind: 'warning', message })
  }

  const temporary = join(dirname(place.path), TEMPORARY_PREFIX + randomBytes(8).toString('hex'))
  try {
    await receive(member, temporary, host, 'RESTORE_FAILED')
    const { damage, fingerprint } = await examine(temporary, host)
    const wrong = [...damage, ...(wanted && fingerprint ? differences(wanted, fingerprint) : [])]
    if (wrong.length > 0 || fingerprint === undefined) {
      throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${wrong[0]}`, {
        hints: [...wrong.slice(1), `Nothing was changed at ${place.path}.`],
      })
    }
    host.signal.throwIfAborted()
    await putInPlace(temporary, place, target, host)
    return {
      target: place.path,
      outcome: wanted ? 'equal' : 'restorable',
      restored: counts(fingerprint),
    }
  } catch (error) {
    throw restoreError(host, place.path, error)
  } finally {
    await rm(temporary, { force: true })
  }
}
