import { existsSync, readFileSync, readdirSync, truncateSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { done, said, type Answer } from './answer.ts'
import { findImage, writeImage, type Image } from './image-file.ts'
import { query } from './query.ts'
import type { Content, Fault, State } from './state.ts'

/** One session with the stand-in: what it is connected to, and a restore that waits to be told where files go. */
export class Execution {
  readonly #state: State
  readonly #instance: string
  #connected: string | undefined
  #redirected: (() => Answer) | undefined

  constructor(state: State, instance: string) {
    this.#state = state
    this.#instance = instance
  }

  /** Statements are understood only in the order of clauses that IBM's syntax diagrams have. */
  run(statement: string): Answer {
    const [word = ''] = statement.split(' ', 1)
    const fault = this.#state.faults[word]
    const applies = fault !== undefined && (fault.only === undefined || statement.includes(fault.only))
    if (applies && fault.transcript) return fault.transcript
    if (applies && fault.hang) this.#hang()
    const denied = this.#denied(statement)
    if (denied) return denied
    const parts = RULES.find(([pattern]) => pattern.test(statement))
    if (parts === undefined) return said('sql0104n')
    const groups = parts[0].exec(statement)?.groups ?? {}
    if (!this.#state.started && parts[1] !== 'list') return said('sql1032n')
    return this[parts[1]](groups, applies ? fault : {})
  }

  connect({ name = '', exclusive }: Groups): Answer {
    const content = this.#content(name)
    if ('code' in content) return content
    if (exclusive !== undefined && this.#state.connections(name) > 0) return said('sql1035n', name)
    this.#connected = name
    const lines = [
      '',
      '   Database Connection Information',
      '',
      ` Database server        = DB2/LINUXX8664 ${this.#state.version}`,
      ' SQL authorization ID   = DB2INST1',
      ` Local database alias   = ${name}`,
      '',
      '',
    ]
    return { output: lines.join('\n'), code: 0 }
  }

  set(): Answer {
    return done('SQL')
  }

  reset(): Answer {
    this.#connected = undefined
    return done('SQL')
  }

  select({ sql = '' }: Groups): Answer {
    if (this.#connected === undefined) return said('sql1024n')
    const content = this.#content(this.#connected)
    return 'code' in content ? content : query(sql, content, this.#state.version)
  }

  list(): Answer {
    const aliases = this.#state.aliases()
    if (aliases.length === 0) return said('sql1057w')
    const blocks = aliases.map((alias, place) => {
      const entry = this.#state.entry(alias)
      const where = entry?.remote
        ? ' Node name                            = FAR'
        : ` Local database directory             = ${entry?.path}`
      return [
        `Database ${place + 1} entry:`,
        '',
        ` Database alias                       = ${alias}`,
        ` Database name                        = ${entry?.name}`,
        where,
        ' Database release level               = 15.00',
        ' Comment                              =',
        ` Directory entry type                 = ${entry?.remote ? 'Remote' : 'Indirect'}`,
        ' Catalog database partition number    = 0',
        '',
      ].join('\n')
    })
    const head = `\n System Database Directory\n\n Number of entries in the directory = ${aliases.length}\n\n`
    return { output: head + blocks.join('\n'), code: 0 }
  }

  active(): Answer {
    return this.#connected === undefined ? said('sql1611w') : { output: ' Active Databases\n', code: 0 }
  }

  backup({ name = '', online, directories = '' }: Groups, fault: Fault): Answer {
    const timestamp = nextTimestamp(this.#state)
    const success = said('backup')
    const answer = { ...success, output: success.output.replace('{TIMESTAMP}', timestamp) }
    if (fault.lie) return answer
    const content = this.#content(name)
    if ('code' in content && content.output.includes('SQL1013N')) return content
    const before = this.#state.read(name)
    if (before === undefined) return said('sql1013n', name)
    if (before.pending === 'rollforward') return said('sql1117n', name)
    if (before.pending === 'restore') return said('sql1119n', name)
    const archives = before.settings.logarchmeth1 !== 'OFF'
    if (online !== undefined && (!archives || before.pending === 'backup')) return said('sql2413n')
    // The session's own connection is one, too.
    const connected = this.#state.connections(name) > 0 || this.#connected === name
    if (online === undefined && connected) return said('sql1035n', name)
    const to = list(directories)
    if (to.some((directory) => !existsSync(directory))) return said('sql2036n')
    const image = { database: name, timestamp, online: online !== undefined, before }
    // Whatever others write while it is made is in its logs.
    const after = online === undefined ? {} : { after: this.#state.read(name) ?? before }
    const files = writeImage({ ...image, ...after }, this.#instance, to)
    const last = files.at(-1) ?? ''
    if (fault.shorten !== undefined) truncateSync(last, Math.max(0, statSync(last).size - fault.shorten))
    if (fault.beside !== undefined) writeFileSync(join(dirname(last), fault.beside), 'what is this')
    this.#connected = undefined
    return answer
  }

  restore(groups: Groups, fault: Fault): Answer {
    const { source = '', directories = '', timestamp = '', into = '', logs, replace, redirect, still } = groups
    if (fault.lie) return done('RESTORE DATABASE')
    const image = findImage(source, timestamp, list(directories))
    if (image === 'none') return said('sql2542n', source)
    if (image === 'damaged') return said('sql2530n')
    if (image.online && still !== undefined) return said('sql2537n')
    if (image.online && (logs === undefined || !existsSync(logs))) return said('sql2036n')
    if (fault.rival === true) this.#state.write(into, { ...image.before, objects: { views: 1 } })
    if (this.#state.connections(into) > 0) return said('sql1035n', into)
    const files = groups['files'] ?? join(this.#state.directory, 'databases')
    if (!existsSync(files)) return said('sql2036n')
    const finish = (): Answer => this.#finish(image, { into, files, logs, still: still !== undefined, replace })
    if (redirect === undefined) {
      const taken = image.before.tableSpaces.length > 0 && into !== source && this.#state.entry(source) !== undefined
      return taken ? said('sql0294n') : finish()
    }
    this.#redirected = finish
    return said('sql1277w')
  }

  containers(): Answer {
    return this.#redirected === undefined ? said('sql0104n') : done('SET TABLESPACE CONTAINERS')
  }

  proceed(): Answer {
    return this.#redirected?.() ?? said('sql0104n')
  }

  rollforward({ name = '', logs = '' }: Groups, fault: Fault): Answer {
    if (fault.lie) return done('ROLLFORWARD')
    const content = this.#state.read(name)
    if (content === undefined) return said('sql1013n', name)
    if (content.pending !== 'rollforward') return said('sql1260n', name)
    const log = existsSync(logs) ? readdirSync(logs).find((file) => file.endsWith('.LOG')) : undefined
    if (log === undefined) return said('sql1273n', name)
    const { timestamp, after } = JSON.parse(readFileSync(join(logs, log), 'utf8')) as Image
    if (after === undefined || timestamp !== content.timestamp) return said('sql1273n', name)
    this.#state.write(name, after)
    return said('rollforward', name)
  }

  drop({ name = '' }: Groups): Answer {
    if (this.#state.entry(name) === undefined) return said('sql1013n', name)
    if (this.#state.connections(name) > 0) return said('sql1035n', name)
    this.#state.drop(name)
    return done('DROP DATABASE')
  }

  uncatalog({ name = '' }: Groups): Answer {
    if (this.#state.entry(name) === undefined) return said('sql1013n', name)
    this.#state.uncatalog(name)
    return said('uncatalog')
  }

  configure({ name = '' }: Groups): Answer {
    const content = this.#state.read(name)
    if (content === undefined) return said('sql1013n', name)
    this.#state.write(name, { ...content, settings: { ...content.settings, logarchmeth1: 'OFF' } })
    return done('UPDATE DATABASE CONFIGURATION')
  }

  #finish(image: Image, to: Finish): Answer {
    const { into, files, logs, still, replace } = to
    const was = this.#state.entry(into)
    const archives = image.before.settings.logarchmeth1 !== 'OFF'
    const waits = image.online || (archives && !still)
    const content: Content = waits
      ? { ...image.before, pending: 'rollforward', timestamp: image.timestamp }
      : { ...image.before }
    this.#state.write(into, content, files)
    if (image.online && logs !== undefined) writeFileSync(join(logs, 'S0000000.LOG'), JSON.stringify(image))
    if (was === undefined) return done('RESTORE DATABASE')
    // Of the two ways in which it is told that something was overwritten, one for each.
    if (replace !== undefined && into === image.database) return said('sql2539w', into)
    return said('sql2540w', into)
  }

  #content(name: string): Content | Answer {
    const entry = this.#state.entry(name)
    if (entry === undefined) return said('sql1013n', name)
    const content = this.#state.read(name)
    if (content === undefined) return said('sql1031n', name)
    if (content.pending === 'rollforward') return said('sql1117n', name)
    if (content.pending === 'backup') return said('sql1116n', name)
    return content.pending === 'restore' ? said('sql1119n', name) : content
  }

  #denied(statement: string): Answer | undefined {
    const [, user, password] = / USER (\S+)(?: USING "([^"]*)")?/.exec(statement) ?? []
    return user !== undefined && this.#state.users[user] !== password ? said('sql30082n') : undefined
  }

  #hang(): never {
    this.#state.set('hanging', String(process.pid))
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
}

type Groups = Record<string, string | undefined>

interface Finish {
  readonly into: string
  readonly files: string
  readonly logs: string | undefined
  readonly still: boolean
  readonly replace: string | undefined
}

type Command =
  | 'connect'
  | 'set'
  | 'reset'
  | 'select'
  | 'list'
  | 'active'
  | 'backup'
  | 'restore'
  | 'containers'
  | 'proceed'
  | 'rollforward'
  | 'drop'
  | 'uncatalog'
  | 'configure'

const ALIAS = String.raw`(?<name>[\w@#$]{1,8})`
const USER = String.raw`(?: USER \S+(?: USING "[^"]*")?)?`
const LIST = String.raw`'[^']+'(?:, '[^']+')*`

const RULES: readonly (readonly [RegExp, Command])[] = [
  [rule(`CONNECT TO ${ALIAS}(?<exclusive> IN EXCLUSIVE MODE)?${USER}`), 'connect'],
  [rule(String.raw`SET CURRENT LOCK TIMEOUT \d+`), 'set'],
  [rule('CONNECT RESET'), 'reset'],
  [/^(?<sql>SELECT .*)$/s, 'select'],
  [rule('LIST DATABASE DIRECTORY'), 'list'],
  [rule('LIST ACTIVE DATABASES'), 'active'],
  [
    rule(
      `BACKUP DATABASE ${ALIAS}${USER}(?<online> ONLINE)? TO (?<directories>${LIST})(?: COMPRESS)?(?: INCLUDE LOGS)? WITHOUT PROMPTING`,
    ),
    'backup',
  ],
  [rule('RESTORE DATABASE (?<source>[\\w@#$]{1,8}) CONTINUE'), 'proceed'],
  [
    rule(
      `RESTORE DATABASE (?<source>[\\w@#$]{1,8})${USER} FROM (?<directories>${LIST}) TAKEN AT (?<timestamp>\\d{14})` +
        `(?: (?:ON|TO) '(?<files>[^']+)'(?: DBPATH ON '[^']+')?)? INTO (?<into>[\\w@#$]{1,8})(?: LOGTARGET '(?<logs>[^']+)')?` +
        `(?: NEWLOGPATH (?:DEFAULT|'[^']+'))?(?<replace> REPLACE EXISTING)?(?<redirect> REDIRECT)?(?<still> WITHOUT ROLLING FORWARD)? WITHOUT PROMPTING`,
    ),
    'restore',
  ],
  [rule(`SET TABLESPACE CONTAINERS FOR \\d+ USING \\((?:PATH '[^']+'|FILE '[^']+' \\d+)\\)`), 'containers'],
  [
    rule(
      `ROLLFORWARD DATABASE ${ALIAS}${USER} TO END OF BACKUP AND STOP OVERFLOW LOG PATH \\('(?<logs>[^']+)'\\) NORETRIEVE`,
    ),
    'rollforward',
  ],
  [rule(`DROP DATABASE ${ALIAS}`), 'drop'],
  [rule(`UNCATALOG DATABASE ${ALIAS}`), 'uncatalog'],
  [rule(`UPDATE DATABASE CONFIGURATION FOR ${ALIAS} USING LOGARCHMETH1 OFF LOGARCHMETH2 OFF`), 'configure'],
]

function rule(source: string): RegExp {
  return new RegExp(`^${source}$`)
}

function list(quoted: string): string[] {
  return [...quoted.matchAll(/'([^']+)'/g)].map(([, path]) => path ?? '')
}

/** One a second at most, as the server's are. */
function nextTimestamp(state: State): string {
  const file = join(state.directory, 'clock')
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const now = Math.max(last + 1000, Date.now())
  state.set('clock', String(now))
  return new Date(now).toISOString().replaceAll(/\D/g, '').slice(0, 14)
}
