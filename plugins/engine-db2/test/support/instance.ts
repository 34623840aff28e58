import type { FlagValues, Source } from 'dbvault'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flags, type Flags } from '../../src/descriptor.ts'
import { State, type Content, type Faults } from '../stand-in/state.ts'
import { shop } from './shop.ts'

/** What the command line gives when no flag of the engine stands on it. */
const defaults = Object.fromEntries(
  Object.entries(flags).map(([name, spec]) => [name, 'default' in spec ? spec.default : undefined]),
) as unknown as FlagValues<Flags>

/** A stand-in for an instance of Db2, in a directory that is removed at the end. Its owner is who runs the tests. */
export class StandIn implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'db2-stand-in-'))
  readonly state: State
  readonly binDir: string
  readonly password = `p ${Math.random().toString(36).slice(2)};-$'`
  #count = 0

  constructor() {
    // As the system's temporary directory: another user can go through it.
    chmodSync(this.directory, 0o755)
    this.state = new State(join(this.directory, 'state'))
    this.binDir = this.state.directory
    this.state.set('users', JSON.stringify({ ann: this.password }))
    for (const name of ['db2', 'db2ckbkp']) program(name, this.state.directory)
  }

  /** A name that no database has yet. */
  free(): string {
    this.#count++
    return `SHOP${this.#count}`
  }

  create(content: Partial<Content> = {}): string {
    const name = this.free()
    this.state.write(name, { ...shop, ...content })
    return name
  }

  source(database: string, given: Partial<FlagValues<Flags>> = {}): Source<Flags> {
    return {
      database,
      user: 'ann',
      password: { reveal: () => this.password },
      flags: { ...defaults, instance: userInfo().username, 'bin-dir': this.binDir, ...given },
    }
  }

  /** All that is in a database, in one text. */
  content(database: string): string {
    const content = this.state.read(database)
    return content === undefined ? '' : JSON.stringify([content.pending, content.tables, content.objects])
  }

  fail(faults: Faults): void {
    this.state.set('faults', JSON.stringify(faults))
  }

  /** What the programs were told, with passwords left out by the stand-in itself. */
  calls(): string[] {
    const file = join(this.state.directory, 'calls.log')
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function program(name: string, directory: string): void {
  const file = fileURLToPath(new URL(`../stand-in/${name}.ts`, import.meta.url))
  // It is started hundreds of times: most of what that takes is done once.
  const script = `#!/bin/sh
[ "$1" = terminate ] && { : > '${join(directory, 'terminated')}'; exit 0; }
NODE_COMPILE_CACHE='${join(directory, 'cache')}' exec '${process.execPath}' '${file}' '${directory}' "$@"
`
  writeFileSync(join(directory, name), script, { mode: 0o755 })
}
