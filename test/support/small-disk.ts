import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this machine lets tests mount disks. Where all tests are required it has to. */
export const canMount: boolean = (() => {
  if (process.getuid?.() === 0 && mounts()) return true
  if (process.env['DBVAULT_REQUIRE_ALL'] === '1')
    throw new Error('Tests with small disks need root and the right to mount')
  return false
})()

/** A disk in memory that is soon full. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'dbvault-disk-'))

  /** @param size as `mount` takes it: `8m` */
  constructor(size: string) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.path])
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.path])
    rmSync(this.path, { recursive: true })
  }
}

function mounts(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'dbvault-mount-'))
  try {
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path], { stdio: 'ignore' })
    execFileSync('umount', ['-l', path])
    return true
  } catch {
    return false
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}
