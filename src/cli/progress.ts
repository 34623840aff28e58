import type { OperationEvent } from '../operations/context.ts'
import { duration, size } from '../render/units.ts'
import { renderWarning } from './render-error.ts'
import { writeToStderr } from './stdout.ts'

const PLAIN_EVERY_MS = 10_000
const REDRAW_EVERY_MS = 100

interface Line {
  phase: string
  bytes: number
  total: number | undefined
  started: number
}

export interface Progress extends Disposable {
  report(event: OperationEvent): void
  /** Writes whole lines to stderr without tearing the progress lines. @throws STORAGE_FULL, STORAGE_FAILED */
  print(text: string): Promise<void>
}

/** `quiet` shows warnings only; a terminal gets one live line a subject, anything else a plain line now and then. */
export async function startProgress(options: { readonly quiet: boolean }): Promise<Progress> {
  const lines = new Map<string, Line>()
  const live = !options.quiet && process.stderr.isTTY
  const draw = live ? (await import('log-update')).createLogUpdate(process.stderr, { showCursor: true }) : undefined
  const timer = options.quiet ? undefined : setInterval(tick, live ? REDRAW_EVERY_MS : PLAIN_EVERY_MS).unref()

  function tick(): void {
    const text = [...lines].map(([subject, line]) => lineOf(subject, line)).join('\n')
    if (draw) draw(text)
    else if (text) process.stderr.write(`${text}\n`)
  }
  function print(text: string): Promise<void> {
    draw?.clear()
    const written = writeToStderr(text)
    if (draw) tick()
    return written
  }
  function warn(text: string): void {
    print(renderWarning(text)).catch(() => {}) // Nobody is left to tell.
  }
  function lineFor(subject: string): Line {
    let line = lines.get(subject)
    if (!line) lines.set(subject, (line = { phase: '', bytes: 0, total: undefined, started: performance.now() }))
    return line
  }

  return {
    print,
    report(event) {
      if (event.kind === 'warning') warn(about(event.subject, event.message))
      else if (event.kind === 'retry') warn(retryText(event))
      else if (event.kind === 'finished') lines.delete(event.subject)
      else if (event.kind === 'estimate') lineFor(event.subject).total = event.bytes
      else if (event.kind === 'progress') lineFor(event.subject).bytes = event.bytes
      else Object.assign(lineFor(event.subject), { phase: event.phase, bytes: 0, started: performance.now() })
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      draw?.clear()
      draw?.done()
    },
  }
}

/** A message that names its subject needs no second naming. */
function about(subject: string, message: string): string {
  return message.includes(subject) ? message : `${subject}: ${message}`
}

function retryText(event: Extract<OperationEvent, { kind: 'retry' }>): string {
  const wait = duration(event.waitMs / 1000)
  return `${event.subject}: ${event.step} failed (attempt ${event.attempt} of ${event.attempts}), trying again in ${wait}: ${event.reason}`
}

/** `shop  dumping  12.3 MB of ~40 MB, 8.1 MB/s, 1.5s` */
function lineOf(subject: string, { phase, bytes, total, started }: Line): string {
  const seconds = (performance.now() - started) / 1000
  const of = total === undefined ? '' : ` of ~${size(Math.max(total, bytes))}`
  const flow = bytes === 0 ? [] : [`${size(bytes)}${of}`, `${size(Math.round(bytes / Math.max(seconds, 0.001)))}/s`]
  return `${subject}  ${phase}  ${[...flow, duration(seconds)].join(', ')}`
}
