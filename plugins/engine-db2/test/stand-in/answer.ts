import { readFileSync } from 'node:fs'

/** What one statement makes the command line processor say, and what it adds to the exit code. */
export interface Answer {
  readonly output: string
  readonly code: number
}

/**
 * A transcript from `test/transcripts`, in which `{NAME}` stands for the database. What they say is as IBM documents it,
 * the words are ours but for the lines by which success is told. The first line is the exit code.
 */
export function said(transcript: string, name = 'SAMPLE'): Answer {
  const file = new URL(`../transcripts/${transcript}.txt`, import.meta.url)
  const [code = '', ...lines] = readFileSync(file, 'utf8').split('\n')
  return { output: lines.join('\n').replaceAll('{NAME}', name), code: Number(/\d+/.exec(code)?.[0]) }
}

export function done(command: string): Answer {
  return { output: `DB20000I  The ${command} command completed successfully.\n`, code: 0 }
}
