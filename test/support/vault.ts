import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { readdir } from 'node:fs/promises'
import { User, type Environment, type Finished } from '../cli/dbvault-process.ts'

/** What `--json` prints, as loosely as a script would read it. */
export interface Document {
  readonly ok: boolean
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly hints: readonly string[]
    readonly retryable: boolean
  }
  readonly backups: readonly Entry[]
  readonly key?: string
  readonly [field: string]: unknown
}

export interface Entry {
  readonly id: string
  readonly status: string
  readonly trust?: string
  readonly address: string
  readonly error?: Document['error']
  readonly locations: readonly { readonly address: string; readonly status: string }[]
  readonly [field: string]: unknown
}

/** A user with a database, who runs dbvault on it. */
export class Vault implements AsyncDisposable {
  readonly user: User

  private constructor(user: User) {
    this.user = user
  }

  static async create(rows = 200): Promise<Vault> {
    const vault = new Vault(await User.create())
    makeDatabase(vault.path('shop.db'), rows)
    return vault
  }

  /** Without a database. */
  static async empty(): Promise<Vault> {
    return new Vault(await User.create())
  }

  path(...parts: string[]): string {
    return this.user.path(...parts)
  }

  run(argv: readonly string[], environment: Environment = {}): Promise<Finished> {
    return this.user.run(argv, environment)
  }

  /** Runs with `--json`: stdout is one document, whatever happens. */
  async json(argv: readonly string[], environment: Environment = {}): Promise<Document & { readonly exit: number }> {
    const { exit, stdout, stderr } = await this.run([...argv, '--json'], environment)
    assert.notEqual(exit, null, stderr)
    return { ...(JSON.parse(stdout) as Document), exit: exit ?? -1 }
  }

  /** Backs up `shop.db` into `backups`, and says where its artifact lies. */
  async backUp(...argv: string[]): Promise<{ readonly id: string; readonly artifact: string; readonly key: string }> {
    const document = await this.json(['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'backups', ...argv])
    assert.equal(document.exit, 0, document.error?.message)
    const [backup] = document.backups
    const artifact = new URL(backup?.locations[0]?.address ?? '').pathname
    return { id: backup?.id ?? '', artifact, key: document.key ?? '' }
  }

  /** Names of all files below a directory of the user's, sorted; none for one that does not exist. */
  async files(directory: string): Promise<string[]> {
    const entries = await readdir(this.path(directory), { recursive: true, withFileTypes: true }).catch(() => [])
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.user[Symbol.asyncDispose]()
  }
}

/** A table of some rows of about 100 bytes, which do not compress away. */
export function makeDatabase(path: string, rows: number): void {
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, bytes BLOB)')
  const insert = database.prepare('INSERT INTO item (name, bytes) VALUES (?, randomblob(80))')
  database.exec('BEGIN')
  for (let row = 0; row < rows; row++) insert.run(`item ${row}`)
  database.exec('COMMIT')
  database.close()
}

/** After it a backup has other bytes. */
export function addRow(path: string): void {
  const database = new DatabaseSync(path)
  database.exec("INSERT INTO item (name, bytes) VALUES ('added', randomblob(80))")
  database.close()
}

/** How many rows there are, from a database that passes SQLite's own check. */
export function rowsIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
    return Number(database.prepare('SELECT count(*) AS rows FROM item').get()?.['rows'])
  } finally {
    database.close()
  }
}
