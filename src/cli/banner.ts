import { styleText } from 'node:util'

const LINES = [
  '    ____  ____ _    __            ____',
  '   / __ \\/ __ ) |  / /___ ___  __/ / /_',
  '  / / / / __  | | / / __ `/ / / / / __/',
  ' / /_/ / /_/ /| |/ / /_/ / /_/ / / /_',
  '/_____/_____/ |___/\\__,_/\\__,_/_/\\__/',
]

/** Shown above the work on a terminal, on stderr, never where somebody might parse it. */
export function banner(version: string): string {
  return `${LINES.map((line) => styleText('cyan', line, { stream: process.stderr })).join('\n')}  ${version}\n\n`
}
