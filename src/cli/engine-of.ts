import type { Engine } from '../contract/engine.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Host } from '../contract/host.ts'
import type { FoundBackup } from '../operations/find-backup.ts'
import { type OpenedBackup, openBare, openWithManifest } from '../operations/open-backup.ts'
import type { Unlock } from '../operations/unlock.ts'
import type { EngineContribution } from '../registry/contribution.ts'
import { loadEngine } from '../registry/load.ts'
import type { Registry } from '../registry/registry.ts'

export interface ReadyBackup {
  readonly found: FoundBackup
  readonly opened: OpenedBackup
  readonly contribution: EngineContribution
  readonly engine: Engine
}

/**
 * Opens a backup and loads the engine that made it: the manifest names it; of a bare artifact the bytes tell, or `--db`.
 * @throws USAGE when `--db` names another engine than the manifest does
 */
export async function makeReady(
  found: FoundBackup,
  unlock: Unlock,
  db: string | undefined,
  registry: Registry,
  host: Host,
): Promise<ReadyBackup> {
  const { manifest, manifestText } = found
  if (manifest && manifestText !== undefined) {
    const { name } = manifest.engine
    if (db !== undefined && db !== name) {
      throw new DbvaultError('USAGE', `${manifest.id} was made by the engine ${name}, not by ${db}`)
    }
    const contribution = registry.engine(name)
    const opened = await openWithManifest({ ...found, manifest, manifestText }, unlock, host)
    return { found, opened, contribution, engine: await loadEngine(contribution, host) }
  }
  const candidates = db === undefined ? registry.engines : [registry.engine(db)]
  const opened = await openBare(
    found,
    unlock,
    candidates.flatMap(({ descriptor }) => descriptor.formats),
    host,
  )
  const format = opened.members[0]?.format.id
  const fitting = candidates.filter(({ descriptor }) => descriptor.formats.some(({ id }) => id === format))
  const [contribution, another] = fitting
  if (!contribution || another) {
    throw new DbvaultError('USAGE', `Which engine made ${opened.name} cannot be told from its bytes`, {
      hints: [`Say it with --db: ${fitting.map(({ descriptor }) => descriptor.name).join(' or ')}.`],
    })
  }
  return { found, opened, contribution, engine: await loadEngine(contribution, host) }
}
