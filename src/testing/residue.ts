import assert from 'node:assert/strict'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A stream that was destroyed gives its descriptor back a moment later, and has no event to wait for. */
const PATIENCE_MS = 2_000

/** Names of things that a call could forget: child processes, open files, what `more` finds. */
export type Residue = readonly string[]

/**
 * Runs a call and asserts that, however it ends, it leaves nothing: no file below `tempRoot`, no child process, no open
 * file, nothing that `more` names. Without /proc, processes and open files are not looked at.
 */
export async function leavingNothing<T>(
  tempRoot: string,
  more: () => Promise<Residue>,
  call: () => Promise<T>,
): Promise<T> {
  const before = await lookAround(tempRoot, more)
  const [outcome] = await Promise.allSettled([call()])
  const deadline = Date.now() + PATIENCE_MS
  let left = added(before, await lookAround(tempRoot, more))
  while (left.length > 0 && left.every((name) => name.startsWith('open file')) && Date.now() < deadline) {
    await delay(10)
    left = added(before, await lookAround(tempRoot, more))
  }
  assert.deepEqual(left, [], 'the call left something behind')
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

async function lookAround(tempRoot: string, more: () => Promise<Residue>): Promise<Residue> {
  const files = readdirSync(tempRoot).map((name) => `temporary ${name}`)
  return [...files, ...children(), ...openFiles(), ...(await more())]
}

function added(before: Residue, after: Residue): Residue {
  const rest = [...before]
  return after.filter((name) => {
    const place = rest.indexOf(name)
    if (place >= 0) rest.splice(place, 1)
    return place < 0
  })
}

function children(): Residue {
  return entries('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      const stat = unlessGone(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
      const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
      return parent === String(process.pid) ? [`process ${pid} ${stat?.split(' ')[1]}`] : []
    })
}

function openFiles(): Residue {
  return entries('/proc/self/fd').flatMap((descriptor) => {
    const target = unlessGone(() => readlinkSync(`/proc/self/fd/${descriptor}`))
    // Node itself keeps /dev/null from the first child process on that was given it.
    const counts = target?.startsWith('/') === true && !target.startsWith('/proc') && target !== '/dev/null'
    return counts ? [`open file ${target}`] : []
  })
}

function entries(directory: string): string[] {
  return unlessGone(() => readdirSync(directory)) ?? []
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
