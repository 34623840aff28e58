/** What the command line processor said in one session. */
export interface Transcript {
  readonly output: string
  /** A sum: 1 no row was found, 2 a warning, 4 an error, 8 the processor itself failed. */
  readonly code: number
  readonly messages: readonly Message[]
}

/** `SQL1035N  The database is in use.  SQLSTATE=57019`, which may go on over several lines. */
export interface Message {
  readonly id: string
  readonly severity: 'information' | 'warning' | 'error'
  readonly text: string
}

const MESSAGE = /^(?:SQL\d{4,5}|DB2\d{4,5}|DBT\d{4,5}|DBA\d{4,5})([A-Z])\s/

export function transcriptOf(output: string, code: number): Transcript {
  return { output, code, messages: messagesIn(output) }
}

/** The answers to queries of ours: what stands behind a mark at the start of a line. */
export function rowsOf({ output }: Transcript): string[][] {
  return output
    .split('\n')
    .filter((line) => line.startsWith(MARK))
    .map((line) => line.trimEnd().slice(MARK.length).split('|'))
}

/** Columns are printed padded and side by side, so each row is queried as one text that begins with this. */
export const MARK = 'dbv|'

/** A warning, 2, and no row, 1, are answers; they are looked at where they matter. */
export function hasFailed({ code }: Transcript): boolean {
  return code >= 4
}

/** How many times it was said that a command, such as `RESTORE DATABASE`, has completed. */
export function completions({ messages }: Transcript, command: string): number {
  const text = `The ${command} command completed successfully`
  return messages.filter((message) => message.id === 'DB20000I' && message.text.startsWith(text)).length
}

function messagesIn(output: string): Message[] {
  const found: { id: string; severity: Message['severity']; text: string }[] = []
  let open = false
  for (const line of output.split('\n')) {
    const severity = MESSAGE.exec(line)?.[1]
    if (severity !== undefined) {
      const [id = ''] = line.split(/\s/, 1)
      found.push({ id, severity: severityOf(severity), text: line.slice(id.length).trim() })
      open = true
    } else if (open && line.trim() !== '' && !line.startsWith(MARK)) {
      const last = found.at(-1)
      if (last) last.text += ` ${line.trim()}`
    } else {
      open = false
    }
  }
  return found.map((message) => ({ ...message, text: message.text.replaceAll(/\s+/g, ' ') }))
}

function severityOf(letter: string): Message['severity'] {
  if (letter === 'I') return 'information'
  return letter === 'W' ? 'warning' : 'error'
}
