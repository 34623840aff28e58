import { mkdtempSync, rmSync } from 'node:fs'
import { chmod, chown, mkdir, rm, statfs, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostEvent, SystemUser, TempDir } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { atExit } from './at-exit.ts'
import { BEAT_MS, ownLease } from './lease.ts'

export const PREFIX = 'dbvault-'
export const LEASE = 'lease.json'
/** What the plugin gets. Beside the lease, so that it is empty at first. */
export const FILES = 'files'

const TMPFS = 0x01021994
let warned = false

/** See {@link Host.tempDir}. `root` is the directory it is made in. */
export async function tempDir(root: string, report: (event: HostEvent) => void, owner?: SystemUser): Promise<TempDir> {
  await warnOnceOfMemory(root, report)
  const outer = make(root)
  const forget = atExit(() => rmSync(outer, { recursive: true, force: true }))
  let beat: NodeJS.Timeout | undefined
  const dispose = async (): Promise<void> => {
    clearInterval(beat)
    await removeLeased(outer)
    forget()
  }
  try {
    const lease = join(outer, LEASE)
    await writeFile(lease, ownLease(), { mode: 0o600, flag: 'wx' })
    await mkdir(join(outer, FILES), { mode: 0o700 })
    if (owner) await handOver(outer, owner)
    beat = setInterval(() => void renew(lease), BEAT_MS).unref()
  } catch (error) {
    await dispose().catch(() => {})
    throw failed(root, error)
  }
  return { path: join(outer, FILES), [Symbol.asyncDispose]: dispose }
}

/** The outer directory stays ours: whoever owns a directory can put another one in its place. */
async function handOver(outer: string, { uid, gid }: SystemUser): Promise<void> {
  await chown(join(outer, FILES), uid, gid)
  await chmod(outer, 0o711)
}

/** The lease goes last: what an interrupted removal leaves can still be told from a stranger's directory. */
export async function removeLeased(outer: string): Promise<void> {
  await rm(join(outer, FILES), { recursive: true, force: true, maxRetries: 3 })
  await rm(outer, { recursive: true, force: true, maxRetries: 3 })
}

function make(root: string): string {
  try {
    return mkdtempSync(join(root, PREFIX))
  } catch (error) {
    throw failed(root, error)
  }
}

function renew(lease: string): Promise<void> {
  const now = new Date()
  return utimes(lease, now, now).catch(() => {}) // Tried again at the next beat.
}

async function warnOnceOfMemory(root: string, report: (event: HostEvent) => void): Promise<void> {
  if (warned) return
  const { type } = await statfs(root).catch((error: unknown) => {
    throw failed(root, error)
  })
  if (type !== TMPFS || warned) return
  warned = true
  const message = `The directory for temporary files, ${root}, is kept in memory; --temp-dir can name one on a disk`
  report({ kind: 'warning', message })
}

function failed(root: string, cause: unknown): DbvaultError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const hints = ['Name another directory with --temp-dir.']
  const place = `the directory for temporary files, ${root},`
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new DbvaultError('USAGE', `There is no such directory as ${place.slice(0, -1)}`, { hints, cause })
    case 'ENOSPC':
    case 'EDQUOT':
      return new DbvaultError('STORAGE_FULL', `In ${place} there is no space left`, { hints, cause })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new DbvaultError('STORAGE_DENIED', `In ${place} nothing may be written`, { hints, cause })
    default:
      return new DbvaultError('STORAGE_FAILED', `In ${place} nothing could be made (${String(code)})`, { hints, cause })
  }
}
