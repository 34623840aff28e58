const ID = '(?:`(?:[^`]|``)+`|[\\w$\\u0080-\\uffff]+)'
/** A name that is not the database of a longer one. */
const NAME = `${ID}(?!\\s*\\.|[\\w$\`])`
const DEFINER = `(?:DEFINER\\s*=\\s*${ID}(?:\\s*@\\s*(?:${ID}|'[^']*'))?\\s+)?`

const ALLOWED = [
  'SET\\b(?!\\s+(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|ROLE|DEFAULT|RESOURCE)\\b|.*@@(?:GLOBAL|PERSIST))',
  `(?:INSERT|REPLACE)\\s+(?:IGNORE\\s+)?INTO\\s+${NAME}`,
  `LOCK\\s+TABLES\\s+${NAME}\\s+(?:WRITE|READ)\\s*$`,
  'UNLOCK\\s+TABLES\\s*$',
  `DROP\\s+(?:TABLE|VIEW|SEQUENCE|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE|PACKAGE\\s+BODY)\\s+(?:IF\\s+EXISTS\\s+)?${NAME}\\s*$`,
  `CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:ALGORITHM\\s*=\\s*\\w+\\s+)?${DEFINER}(?:SQL\\s+SECURITY\\s+\\w+\\s+)?(?:AGGREGATE\\s+)?(?:TABLE|VIEW|SEQUENCE|PROCEDURE|FUNCTION|EVENT|PACKAGE\\s+BODY|PACKAGE)\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}(?!.*\\bSONAME\\b)`,
  `CREATE\\s+(?:OR\\s+REPLACE\\s+)?${DEFINER}TRIGGER\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}\\s+(?:BEFORE|AFTER)\\s+\\w+\\s+ON\\s+${NAME}`,
  `ALTER\\s+TABLE\\s+${NAME}\\s+(?:DISABLE|ENABLE)\\s+KEYS\\s*$`,
  `(?:DO|SELECT)\\s+SETVAL\\s*\\(\\s*${NAME}\\s*,`,
  '(?:START\\s+TRANSACTION|BEGIN|COMMIT|ROLLBACK)\\s*$',
].map((pattern) => new RegExp(`^${pattern}`, 'is'))

const DATABASE = new RegExp(
  `^ALTER\\s+DATABASE\\s+(?:${NAME}\\s+)?((?:DEFAULT\\s+)?CHARACTER\\s+SET\\s*=?\\s*\\w+(?:\\s+COLLATE\\s*=?\\s*\\w+)?)\\s*$`,
  'i',
)

/** What Percona's program writes for a storage engine that loads faster with it. */
const NEEDLESS =
  /^(?:SELECT\s+COUNT\(\*\)\s+INTO\s+@rocksdb_|SET\s+@rocksdb_|PREPARE\s+s\s+FROM\s+@rocksdb_|EXECUTE\s+s\s*$|DEALLOCATE\s+PREPARE\s+s\s*$)/i

const EVENT = new RegExp(`^CREATE\\s+(?:OR\\s+REPLACE\\s+)?${DEFINER}EVENT\\s`, 'i')

export function makesEvent(head: string): boolean {
  return EVENT.test(head.trim())
}

const VIEW = new RegExp(
  `^CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:ALGORITHM\\s*=\\s*\\w+\\s+)?${DEFINER}(?:SQL\\s+SECURITY\\s+\\w+\\s+)?VIEW\\s`,
  'i',
)

const TABLE = /^CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s/i

/** What a server writes its own database into where nobody did. */
export function namesItsDatabase(head: string): boolean {
  return VIEW.test(head.trim()) || TABLE.test(head.trim())
}

const TRIGGER = new RegExp(`^CREATE\\s+(?:OR\\s+REPLACE\\s+)?${DEFINER}TRIGGER\\s`, 'i')

export function makesTrigger(head: string): boolean {
  return TRIGGER.test(head.trim())
}

export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'replace'; readonly by: string }
  | { readonly kind: 'refuse'; readonly words: string }

const PASS: Verdict = { kind: 'pass' }

/**
 * What may be done with a statement of a dump, by its first few hundred characters without comments. Only what dump
 * programs write about one database passes: `USE other`, a name with another database before it, a grant or a global
 * setting would reach out of the place that is restored to.
 */
export function judge(head: string): Verdict {
  const trimmed = head.trim()
  if (trimmed === '' || ALLOWED.some((pattern) => pattern.test(trimmed))) return PASS
  if (NEEDLESS.test(trimmed)) return { kind: 'replace', by: '' }
  // Written around a routine that was made under another default; it names the database that was dumped.
  const options = DATABASE.exec(trimmed)?.[1]
  if (options !== undefined) return { kind: 'replace', by: `ALTER DATABASE ${options}` }
  return { kind: 'refuse', words: /^[\w\s]*/.exec(trimmed)?.[0].trim().split(/\s+/).slice(0, 3).join(' ') ?? '' }
}
