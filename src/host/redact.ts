import type { Secret } from '../contract/host.ts'

/** Every spelling of the secrets under which a program may print them, longest first. */
export function spellings(secrets: readonly Secret[]): string[] {
  const found = new Set<string>()
  for (const secret of secrets) {
    const text = secret.reveal()
    for (const part of [text, ...passwordsInUrl(text), ...secretsInPairs(text)]) {
      found.add(part)
      found.add(encodeURIComponent(part.toWellFormed()))
      found.add(JSON.stringify(part).slice(1, -1))
    }
  }
  found.delete('')
  return [...found].sort((a, b) => b.length - a.length)
}

/** The text with every spelling of every secret replaced by `[secret]`. */
export function redact(text: string, secrets: readonly Secret[]): string {
  return spellings(secrets).reduce((clean, spelling) => clean.replaceAll(spelling, '[secret]'), text)
}

const SECRET_NAME = /key|secret|password|pwd|signature|token/i

/** Of a connection string such as `Name=backups;Key=…` a library may well quote only the key. */
function secretsInPairs(text: string): string[] {
  if (!/^[^=;]+=[^;]*;/.test(text)) return []
  return text.split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return SECRET_NAME.test(pair.slice(0, at)) ? [pair.slice(at + 1)] : []
  })
}

/** A program that was given a whole connection URL may well quote only the password in it. */
function passwordsInUrl(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { password } = new URL(text)
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
