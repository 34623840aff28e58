import { DbvaultError } from '../errors/dbvault-error.ts'

/**
 * Refuses what could mean another place than the one it names: an empty, `.` or `..` part, a leading or trailing `/`,
 * NUL. @throws USAGE
 */
export function assertObjectKey(key: string): void {
  const bad = key.split('/').some((part) => part === '' || part === '.' || part === '..') || key.includes('\0')
  if (bad) throw new DbvaultError('USAGE', `${JSON.stringify(key)} cannot be the name of an object`)
}
