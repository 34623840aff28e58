import { fstatSync, statSync } from 'node:fs'
import { DbvaultError } from '../errors/dbvault-error.ts'

/**
 * Refuses to make a key that nobody would get to see: a job whose output goes to /dev/null would make backups that can
 * never be read. With `--json` the key stands on stdout as well.
 * @throws USAGE
 */
export function requireKeyDisplay(json: boolean): void {
  if (!isNowhere(2) || (json && !isNowhere(1))) return
  throw new DbvaultError('USAGE', 'The key that is made would be shown on stderr, which goes nowhere', {
    hints: ['Have it written to a file with --save-key PATH, or give one with --key-file PATH.'],
  })
}

/** Also true of a descriptor that was closed: Node opens /dev/null in its place. */
function isNowhere(descriptor: 1 | 2): boolean {
  try {
    const [out, nowhere] = [fstatSync(descriptor), statSync('/dev/null')]
    return out.isCharacterDevice() && out.rdev === nowhere.rdev
  } catch {
    return false
  }
}
