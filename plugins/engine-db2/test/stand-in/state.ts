import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A database as the stand-in keeps it: one file of JSON in the directory that its entry names. */
export interface Content {
  readonly settings: { readonly codeset: string; readonly logarchmeth1: string }
  readonly pending?: 'rollforward' | 'backup' | 'restore'
  /** The moment of the image that it was restored from, while it waits to be rolled forward. */
  readonly timestamp?: string
  readonly tables: readonly Table[]
  readonly objects: Readonly<Record<string, number>>
  readonly partitions: number
  /** Table spaces with files of their own, and whose these are. */
  readonly tableSpaces: readonly { readonly id: number; readonly kind: 'SMS' | 'DMS'; readonly path: string }[]
}

export interface Table {
  readonly schema: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export interface Entry {
  readonly name: string
  readonly path: string
  readonly remote?: boolean
}

/** What is to go wrong, by the first word of a statement or the name of a program. */
export type Faults = Readonly<Record<string, Fault>>

export interface Fault {
  /** Said in place of doing anything. */
  readonly transcript?: { readonly output: string; readonly code: number }
  /** Say that all went well, and do nothing. */
  readonly lie?: boolean
  /** Take so many bytes off the image that was written. */
  readonly shorten?: number
  /** Make a file of this name beside the image. */
  readonly beside?: string
  /** Never come to an end. A file `hanging` says that it has begun. */
  readonly hang?: boolean
  /** First have another user make a database of the name that is restored into. */
  readonly rival?: boolean
  /** Only of a statement that has this text. */
  readonly only?: string
}

/** All that the stand-in for an instance knows, in one directory. */
export class State {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
    for (const name of ['directory', 'databases', 'connections']) mkdirSync(join(directory, name), { recursive: true })
  }

  get started(): boolean {
    return !existsSync(join(this.directory, 'stopped'))
  }

  get version(): string {
    return this.setting('version') ?? '11.5.8.0'
  }

  get users(): Record<string, string> {
    return JSON.parse(this.setting('users') ?? '{}') as Record<string, string>
  }

  get faults(): Faults {
    return JSON.parse(this.setting('faults') ?? '{}') as Faults
  }

  /** Whoever waits for the file finds all of it. */
  set(name: string, value: string): void {
    replaceFile(join(this.directory, name), value)
  }

  log(line: string): void {
    writeFileSync(join(this.directory, 'calls.log'), `${line}\n`, { flag: 'a' })
  }

  aliases(): string[] {
    return readdirSync(join(this.directory, 'directory'))
      .map((file) => file.replace(/\.json$/, ''))
      .sort()
  }

  entry(alias: string): Entry | undefined {
    const file = join(this.directory, 'directory', `${alias}.json`)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Entry) : undefined
  }

  catalog(alias: string, entry: Entry): void {
    replaceFile(join(this.directory, 'directory', `${alias}.json`), JSON.stringify(entry))
  }

  uncatalog(alias: string): void {
    rmSync(join(this.directory, 'directory', `${alias}.json`), { force: true })
  }

  read(alias: string): Content | undefined {
    const entry = this.entry(alias)
    const file = entry && join(entry.path, `${entry.name}.json`)
    return file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Content) : undefined
  }

  write(alias: string, content: Content, path = join(this.directory, 'databases')): void {
    const entry = this.entry(alias) ?? { name: alias, path }
    replaceFile(join(entry.path, `${entry.name}.json`), JSON.stringify(content))
    this.catalog(alias, entry)
  }

  drop(alias: string): void {
    const entry = this.entry(alias)
    if (entry) rmSync(join(entry.path, `${entry.name}.json`), { force: true })
    this.uncatalog(alias)
  }

  /** Applications of others: a file for each. */
  connections(alias: string): number {
    return readdirSync(join(this.directory, 'connections')).filter((name) => name.startsWith(`${alias}.`)).length
  }

  private setting(name: string): string | undefined {
    const file = join(this.directory, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  }
}

/** In one step: others read at any moment. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.${process.pid}`, text)
  renameSync(`${path}.${process.pid}`, path)
}
