import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Writes the table of `docs/sizes.md`: what each package is to download and on disk, and what comes with it under which
 * licences. With `--check` fails where a size or a number of files has changed by a fifth, or anything else at all.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const document = `${root}docs/sizes.md`
const CHANGE = 0.2

interface Packed {
  readonly name: string
  readonly size: number
  readonly unpackedSize: number
  readonly entryCount: number
}

interface Locked {
  readonly license?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = (JSON.parse(await readFile(`${root}package-lock.json`, 'utf8')) as { packages: Record<string, Locked> })
  .packages
const plugins = (await readdir(`${root}plugins`)).sort()
const folders = new Map([['dbvault', ''], ...plugins.map((name) => [`@dbvault/${name}`, `plugins/${name}`] as const)])

const text = await readFile(document, 'utf8')
const [before = '', , after = ''] = text.split(/(?<=<!-- sizes -->\n)|(?=<!-- end of sizes -->)/)
const found = table(await pack())

if (process.argv.includes('--check')) {
  const stored = text.slice(before.length, text.length - after.length)
  if (!isLike(numbersOf(stored), numbersOf(found))) {
    console.error(`docs/sizes.md is out of date; run: npm run sizes\n${found}`)
    process.exitCode = 1
  }
} else await writeFile(document, before + found + after)

async function pack(): Promise<readonly Packed[]> {
  const which = [...folders.keys()].flatMap((name) => ['--workspace', name])
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', ...which]
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })
  return Object.values(JSON.parse(stdout) as Record<string, Packed>)
}

function table(packed: readonly Packed[]): string {
  const rows = packed.map(({ name, size, unpackedSize, entryCount }) => {
    const others = [...reached(folders.get(name) ?? '')].filter((path) => path.includes('node_modules/'))
    const own = lock[folders.get(name) ?? '']?.license ?? ''
    const along =
      others.length === 0
        ? 'nothing'
        : `${others.length} ${others.length === 1 ? 'package' : 'packages'}: ${licences(others)}`
    return `| ${name} | ${kb(size)} | ${kb(unpackedSize)} | ${entryCount} | ${own} | ${along} |`
  })
  return `
| package | to download | on disk | files | licence | comes with |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

`
}

function kb(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`
}

/** How many packages of each, most first. */
function licences(paths: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const licence = lock[path]?.license ?? 'not said'
    counts.set(licence, (counts.get(licence) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return sorted.map(([licence, count]) => `${count} ${licence}`).join(', ')
}

/** Places in the lock of all that is installed because of one package, its own plugins too. */
function reached(from: string, seen = new Set<string>()): Set<string> {
  const { dependencies = {}, optionalDependencies = {} } = lock[from] ?? {}
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const place = placeOf(name, from)
    if (place === undefined || seen.has(place)) continue
    seen.add(place)
    reached(place, seen)
  }
  return seen
}

/** As Node looks for it: beside, and then further up. */
function placeOf(name: string, from: string): string | undefined {
  for (let folder = from; ;) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    const { link, resolved } = lock[place] ?? {}
    if (link === true) return resolved
    if (place in lock) return place
    if (folder === '') return undefined
    folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : ''
  }
}

/** The text without sizes, numbers of files and the formatting of tables, and these numbers. */
function numbersOf(markdown: string): { readonly words: string; readonly numbers: readonly number[] } {
  const measured = /(?<=\| *)(\d+)(?= kB *\|| *\|)/g
  return {
    words: markdown.replaceAll(measured, '').replaceAll(/-{3,}/g, '').replaceAll(/\s+/g, ''),
    numbers: [...markdown.matchAll(measured)].map(([, number]) => Number(number)),
  }
}

function isLike(a: ReturnType<typeof numbersOf>, b: ReturnType<typeof numbersOf>): boolean {
  return (
    a.words === b.words &&
    a.numbers.every((number, at) => Math.abs(number - (b.numbers[at] ?? 0)) <= Math.max(number * CHANGE, 2))
  )
}
