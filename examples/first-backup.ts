/**
 * Takes a first backup of examples/shop.db, encrypted and proven, restores it beside, and compares the two. Everything
 * lands in examples/out, which is made anew each time: `npm run first-backup`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { differences } from './differences.ts'

const OUT = 'examples/out'
const SHOP = 'examples/shop.db'
const KEY = `${OUT}/shop.key`
const RESTORED = `${OUT}/restored.db`

process.chdir(dirname(import.meta.dirname))
rmSync(OUT, { recursive: true, force: true })
mkdirSync(OUT, { mode: 0o700 })

dbvault('A key, in a file that only you can read:', 'keygen', '--save', KEY)
dbvault(
  'The backup: dumped, compressed, encrypted, stored, then read back and proven by a restore:',
  'backup',
  '--db',
  'sqlite',
  '--database',
  SHOP,
  '--output',
  OUT,
  '--encrypt',
  '--key-file',
  KEY,
)
dbvault('What is stored:', 'list', '--output', OUT, '--key-file', KEY)
dbvault(
  'The newest one, restored:',
  'restore',
  '--newest',
  '--db',
  'sqlite',
  '--from-database',
  'shop',
  '--output',
  OUT,
  '--key-file',
  KEY,
  '--database',
  RESTORED,
)

const found = differences(SHOP, RESTORED)
if (found.length > 0) throw new Error(`${RESTORED} is not ${SHOP}:\n${found.join('\n')}`)
console.log(`\n${RESTORED} holds the same tables and rows as ${SHOP}.`)

/** What `npx dbvault …` runs, without waiting for npx. */
function dbvault(why: string, ...args: readonly string[]): void {
  console.log(`\n${why}\n$ npx dbvault ${args.join(' ')}`)
  const program = fileURLToPath(new URL('../bin/run.js', import.meta.url))
  const { status, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}
