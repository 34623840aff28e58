import { readFileSync } from 'node:fs'

/** What a script in the place of a program wrote down of its call. */
export function parseCommandLine(path: string): { args: string[]; config: string; environment: string } {
  return {
    args: readFileSync(path, 'utf8').split('\0').slice(0, -1),
    config: readFileSync(`${path}.config`, 'utf8'),
    environment: readFileSync(`${path}.env`, 'utf8'),
  }
}
