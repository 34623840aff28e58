import type { Host, Secret } from 'dbvault'
import { readFile } from 'node:fs/promises'
import { hidden } from './hidden.ts'

export interface Options {
  readonly host?: string
  readonly port?: number
  readonly socket?: string
  readonly user?: string
  readonly password?: Secret
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r', s: ' ' }

/**
 * The login in the `[client]` group of an option file, as the vendors' programs read it
 * (https://dev.mysql.com/doc/refman/en/option-files.html). Nothing else of it: an option such as `no-data` would change
 * what a dump holds without a word.
 */
export async function readOptionFile(path: string, host: Host): Promise<Options> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw host.error('USAGE', `The option file ${path} cannot be read`, { cause })
  })
  const found = new Map<string, string>()
  let group = ''
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]+)\]/.exec(line)
    if (header) group = (header[1] ?? '').trim()
    const option = /^\s*(host|port|socket|user|password)\s*=\s*(.*?)\s*$/.exec(line)
    if (group.startsWith('client') && option) found.set(option[1] ?? '', valueOf(option[2] ?? ''))
  }
  const password = found.get('password')
  const port = Number(found.get('port'))
  return {
    ...pick('host'),
    ...pick('socket'),
    ...pick('user'),
    ...(Number.isInteger(port) && port > 0 && { port }),
    ...(password !== undefined && { password: hidden(password) }),
  }

  function pick<K extends 'host' | 'socket' | 'user'>(name: K): { [P in K]?: string } {
    const value = found.get(name)
    return (value === undefined ? {} : { [name]: value }) as { [P in K]?: string }
  }
}

/** One value, quoted so that every program reads back exactly this. The line's length is limited by them to 4 KiB. */
export function optionValue(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return `"${escaped}"`
}

function valueOf(raw: string): string {
  const quoted = /^(['"])(.*)\1\s*(?:#.*)?$/.exec(raw)
  const plain = quoted ? (quoted[2] ?? '') : raw.replace(/\s*#.*$/, '')
  return plain.replace(/\\([btnrs\\"'])/g, (_, letter: string) => ESCAPES[letter] ?? letter)
}
