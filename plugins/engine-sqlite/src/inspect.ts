import type { Host, Target, TargetState } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { targetFile } from './target-file.ts'

/** Looks at names and sizes only: SQLite would make files, or roll a journal back. */
export async function inspect(target: Target<Flags>, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  const { path, state, bytes, sidecars, abandoned } = await targetFile(target.database, host)
  const notes = [
    ...sidecars.map((name) => `${name} lies there too and would be removed`),
    ...abandoned.map((name) => `${name} is what a killed restore has left, or another one that is running`),
  ]
  return { state, description: describe(path, bytes), ...(notes.length > 0 && { notes }) }
}

function describe(path: string, bytes: number | undefined): string {
  if (bytes === undefined) return `no file ${path}`
  return bytes === 0 ? `empty file ${path}` : `file ${path}, ${size(bytes)}`
}

function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`
}
