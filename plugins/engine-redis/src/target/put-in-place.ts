import type { Host } from 'dbvault'
import { type Library, librariesOf } from '../server/libraries.ts'
import { nameOf } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { MARKER, REPLACED, type Staged } from './mark.ts'

const PATIENCE_MS = 60_000

export interface Swap {
  readonly session: Session
  readonly staged: readonly Staged[]
  /** Databases that get the mark of what was replaced, but nothing in their place. */
  readonly others: readonly number[]
  readonly replace: boolean
  /** Absent: functions are left alone. */
  readonly libraries: readonly Buffer[] | undefined
}

/** The functions of before. */
interface Functions {
  readonly dump: Buffer
  readonly libraries: readonly Library[]
}

/**
 * Puts what was prepared in its place, all at once, functions included; what was there before is then where that was
 * prepared. Whether it was done when its answer is lost, the server is asked.
 * @throws TARGET_NOT_EMPTY when somebody has written there meanwhile, with nothing changed
 */
export async function putInPlace(swap: Swap, host: Host): Promise<void> {
  const { session, staged, replace, libraries } = swap
  const isAboutFunctions = libraries !== undefined && (replace || libraries.length > 0)
  const before = isAboutFunctions ? await functionsOf(session) : undefined
  // Who does not get an answer changes the marks: a transaction that comes late is then none.
  for (const { in: database } of staged) {
    await session.call('SELECT', database)
    await session.call('WATCH', MARKER)
  }
  const flushes = before && replace ? [['FUNCTION', 'FLUSH']] : []
  const loads = (libraries ?? []).map((code) => ['FUNCTION', 'LOAD', code])
  let replies: readonly unknown[]
  try {
    replies = await session.together([...flushes, ...loads, script(SWAP, swap)])
  } catch (error) {
    const isUnanswered = error instanceof Error && 'code' in error && error.code === 'SOURCE_UNREACHABLE'
    if (!isUnanswered && !host.signal.aborted) throw error
    return await settle(swap, before, error, host)
  }
  const failed = replies.find((reply) => reply instanceof Error)
  const isSwapped = replies.at(-1) === 'swapped'
  if (failed === undefined && isSwapped) return
  if (isSwapped) await session.call(...script(SWAP_BACK, swap))
  await putFunctionsBack(session, swap, before)
  const name = nameOf(session.server)
  if (failed instanceof Error) {
    throw host.error('RESTORE_FAILED', `The Redis server ${name} refused: ${failed.message}`, { cause: failed })
  }
  throw host.error('TARGET_NOT_EMPTY', `Somebody has written into ${name} meanwhile`, {
    hints: ['Keep others away from the target until the restore is done, or replace what is there with --replace.'],
  })
}

/** Returns if all was put in its place; else nothing of it will be any more. @throws the error that it came for */
async function settle(swap: Swap, before: Functions | undefined, error: unknown, host: Host): Promise<void> {
  const { server } = swap.session
  const calm: Host = { ...host, signal: AbortSignal.timeout(PATIENCE_MS) }
  try {
    await using session = await calm.retry(`asking ${nameOf(server)}`, () => Session.open(server, calm))
    if (await isReplaced(session, swap.staged)) {
      if (await hasAll(session, swap.libraries)) return
      await session.call(...script(SWAP_BACK, swap))
      await putFunctionsBack(session, swap, before)
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw host.error('RESTORE_FAILED', `Whether what was restored was put in its place is not known: ${why}`, {
      hints: ['The target holds all of what it held before, or all of the backup: look which, and restore again.'],
      cause,
    })
  }
  throw error
}

async function isReplaced(session: Session, staged: readonly Staged[]): Promise<boolean> {
  const marks: unknown[] = []
  for (const { in: database } of staged) marks.push(await session.call('EVAL', TOUCH, 0, MARKER, database))
  return marks.every((mark) => typeof mark === 'string' && mark.endsWith(REPLACED))
}

async function functionsOf(session: Session): Promise<Functions | undefined> {
  const libraries = await librariesOf(session)
  return libraries && { dump: (await session.bytes('FUNCTION', 'DUMP')) as Buffer, libraries }
}

async function hasAll(session: Session, libraries: readonly Buffer[] = []): Promise<boolean> {
  if (libraries.length === 0) return true
  const there = await librariesOf(session)
  return libraries.every((library) => there?.some(({ code }) => code.equals(library)))
}

async function putFunctionsBack(
  session: Session,
  { replace, libraries = [] }: Swap,
  before: Functions | undefined,
): Promise<void> {
  if (before === undefined) return
  if (replace) {
    await session.call('FUNCTION', 'RESTORE', before.dump, 'FLUSH')
    return
  }
  for (const { name, code } of (await librariesOf(session)) ?? []) {
    const isNew = !before.libraries.some((library) => library.name === name)
    if (isNew && libraries.some((library) => library.equals(code))) await session.call('FUNCTION', 'DELETE', name)
  }
}

function script(code: string, { staged, others, replace }: Swap): [string, ...(string | number)[]] {
  const pairs = staged.flatMap(({ to, in: prepared }) => [to, prepared])
  return ['EVAL', code, 0, MARKER, replace ? 'replace' : 'empty', others.length, ...others, ...pairs]
}

/** Returns the mark. It counts as changed then, for who watches it. */
const TOUCH = `
  redis.call('SELECT', ARGV[2])
  local mark = redis.call('GET', ARGV[1])
  if mark then redis.call('SET', ARGV[1], mark) end
  return mark
`
/** ARGV: marker, mode, how many others, the others, then pairs of a place and where what belongs there was prepared. */
const ARGUMENTS = `
  local marker, mode, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
  local now = redis.call('TIME')[1]
  local others, pairs = {}, {}
  for i = 4, 3 + count do others[#others + 1] = ARGV[i] end
  for i = 4 + count, #ARGV, 2 do pairs[#pairs + 1] = {ARGV[i], ARGV[i + 1]} end
  local function at(database, ...) redis.call('SELECT', database) return redis.call(...) end
  -- First of all: where it is not permitted, nothing has changed, and what was prepared still has its mark.
  local function swap(pair) redis.call('SWAPDB', pair[1], pair[2]) end
`
const SWAP = `${ARGUMENTS}
  if mode == 'empty' then
    for _, pair in ipairs(pairs) do if at(pair[1], 'DBSIZE') > 0 then return 'occupied' end end
  end
  for _, pair in ipairs(pairs) do
    swap(pair)
    at(pair[1], 'DEL', marker)
    at(pair[2], 'SET', marker, now .. '${REPLACED}')
  end
  for _, other in ipairs(others) do at(other, 'SET', marker, now .. '${REPLACED}') end
  return 'swapped'
`
const SWAP_BACK = `${ARGUMENTS}
  for _, other in ipairs(others) do at(other, 'DEL', marker) end
  for _, pair in ipairs(pairs) do
    swap(pair)
    at(pair[1], 'DEL', marker)
    at(pair[2], 'SET', marker, now .. '000')
  end
  return 'swapped'
`
