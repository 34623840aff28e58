import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import {
  contextOf,
  type Engine,
  findAtKey,
  type FlagSpecs,
  localStorage,
  openWithManifest,
  type Scratch,
  verify,
} from '../../src/index.ts'
import { testHost } from '../../src/testing/index.ts'

/** Proves a backup in a directory again, in this process, as `verify` does: its status, and the code of its error. */
export async function verifyAgain<S extends FlagSpecs>(
  folder: string,
  key: string,
  engine: Engine<S>,
  scratch: Scratch<S>,
): Promise<string> {
  await using host = testHost()
  const context = contextOf({ retry: { attempts: 1, minWaitMs: 1, maxWaitMs: 1 } })
  const found = await findAtKey(localStorage(folder), key, host)
  const { manifest, manifestText = '' } = found
  assert.ok(manifest)
  const backup = await openWithManifest({ ...found, manifest, manifestText }, {}, host)
  const { status, record, error } = await verify({ engine, found, backup, scratch }, context)
  if (record !== undefined) rmSync(new URL(record))
  return error === undefined ? status : `${status} ${error.code}`
}
