import type { Collection } from '../archive/collection.ts'
import { digestOf } from '../fingerprint/definition.ts'
import { listNames } from '../server/list-collections.ts'
import type { Server } from '../server/server.ts'
import { createView } from './create-collection.ts'
import { isMovedAside } from './temporary-names.ts'

type View = Omit<Collection, 'indexes'>

/** One step of a swap. A view cannot be renamed and is made anew; what cannot be renamed either has its name already. */
export type Step =
  | { readonly kind: 'made there'; readonly name: string }
  | { readonly kind: 'move'; readonly from: string; readonly to: string }
  | { readonly kind: 'drop view'; readonly view: View }
  | { readonly kind: 'make view'; readonly view: View }

/** Where what was there before stands meanwhile. */
export function movedAside(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.kind === 'move' && isMovedAside(step.to) ? [step.to] : []))
}

export async function carryOut(step: Step, server: Server, database: string): Promise<void> {
  switch (step.kind) {
    case 'made there':
      return
    case 'move':
      return await renameCollection(server, database, step.from, step.to)
    case 'drop view':
      return await drop(server, database, step.view.name)
    case 'make view':
      return await makeView(server, database, step.view)
  }
}

/**
 * Takes steps back, the last one first, by what the server has: whether a step was done only that tells, where an answer
 * was lost. So it can be done again, and for steps that were never begun. Says whether there was anything to take back.
 */
export async function takeBack(steps: readonly Step[], server: Server, database: string): Promise<boolean> {
  const failures: unknown[] = []
  let any = false
  for (const step of steps.toReversed()) {
    await takeOneBack(step, steps, server, database).then(
      (was) => (any ||= was),
      (error: unknown) => failures.push(error),
    )
  }
  if (failures.length > 0) throw new AggregateError(failures)
  return any
}

async function takeOneBack(step: Step, steps: readonly Step[], server: Server, database: string): Promise<boolean> {
  const there = new Map((await listNames(server, database)).map((listed) => [listed.name, listed]))
  switch (step.kind) {
    case 'made there':
      if (!there.has(step.name)) return false
      await drop(server, database, step.name)
      return true
    case 'move':
      // Where both are there, or none, it was not moved.
      if (!there.has(step.to) || there.has(step.from)) return false
      // What was made may be gone by now; under its name is then what was there before, unless that is still aside.
      if (isOldBack(step.to, steps, there) || there.get(step.to)?.type === 'view') return false
      await renameCollection(server, database, step.to, step.from)
      return true
    case 'drop view':
      if (there.has(step.view.name)) return false
      await makeView(server, database, step.view)
      return true
    case 'make view':
      if (!isMade(there.get(step.view.name), steps)) return false
      await drop(server, database, step.view.name)
      return true
  }
}

/** Whether a name is that of what was moved aside and is no longer there. */
function isOldBack(name: string, steps: readonly Step[], there: ReadonlyMap<string, unknown>): boolean {
  return steps.some((step) => step.kind === 'move' && step.from === name && !there.has(step.to))
}

/** Of a view, whether it is not that which was there before under the same name. */
function isMade(there: View | undefined, steps: readonly Step[]): boolean {
  if (there?.type !== 'view') return false
  const old = steps.find((step) => step.kind === 'drop view' && step.view.name === there.name)
  return old?.kind !== 'drop view' || digestOf({ ...there, indexes: [] }) !== digestOf({ ...old.view, indexes: [] })
}

export async function drop(server: Server, database: string, name: string): Promise<void> {
  await server.command(database, { drop: name })
}

async function makeView(server: Server, database: string, view: View): Promise<void> {
  await createView(server, database, { ...view, indexes: [] }, view.name)
}

async function renameCollection(server: Server, database: string, from: string, to: string): Promise<void> {
  await server.command('admin', { renameCollection: `${database}.${from}`, to: `${database}.${to}` })
}
