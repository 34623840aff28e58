import type { ErrorCode, Host } from 'dbvault'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Part } from '../archive/image-index.ts'
import { clpError } from '../clp/clp-error.ts'
import { asUser, paths, type Login } from '../clp/quote.ts'
import { hasFailed, type Transcript } from '../clp/transcript.ts'
import { parseImageName } from './image-name.ts'

export interface BackupOptions {
  readonly online: boolean
  readonly compress: boolean
}

/** The statement. Images go into numbered directories, a part into each. */
export function backupStatement(
  database: string,
  directories: readonly string[],
  { online, compress }: BackupOptions,
  login: Login | undefined,
  host: Host,
): string {
  return [
    `BACKUP DATABASE ${database}${asUser(login)}`,
    ...(online ? ['ONLINE'] : []),
    `TO ${paths(directories, host)}`,
    ...(compress ? ['COMPRESS'] : []),
    // The logs of the time that an online backup takes: without them its image cannot be used.
    ...(online ? ['INCLUDE LOGS'] : []),
    'WITHOUT PROMPTING',
  ].join(' ')
}

const SUCCESS = /^Backup successful\. The timestamp for this backup image is : (\d{14})\s*$/gm

/** The moment of the image, from the one line that says it was made. @throws `code` */
export function timestampOf(transcript: Transcript, host: Host, code: ErrorCode): string {
  const what = 'The database could not be backed up'
  if (hasFailed(transcript)) throw clpError(host, transcript, what, code)
  const [found, ...more] = [...transcript.output.matchAll(SUCCESS)]
  if (found?.[1] === undefined || more.length > 0) throw clpError(host, transcript, what, code)
  for (const { severity, id, text } of transcript.messages) {
    if (severity === 'warning') host.report({ kind: 'warning', message: `Db2 warned of the backup: ${id} ${text}` })
  }
  return found[1]
}

/**
 * The files that the server wrote, in their order. It numbers them from 1 on, without a gap.
 * @throws `code` when they are not those of one full image of that moment
 */
export async function imageParts(
  staging: string,
  { database, timestamp }: { readonly database: string; readonly timestamp: string },
  host: Host,
  code: ErrorCode,
): Promise<Part[]> {
  const refuse = (why: string): Error =>
    host.error(code, `Db2 said that the backup ${timestamp} of ${database} was made, but ${why}`)
  const found: { readonly part: number; readonly name: string; readonly bytes: number }[] = []
  for (const directory of await readdir(staging)) {
    for (const file of await readdir(join(staging, directory))) {
      const image = parseImageName(file)
      if (image?.database !== database || image.timestamp !== timestamp || image.type !== 0) {
        throw refuse(`it wrote ${JSON.stringify(file)}, which is not the name of its image`)
      }
      const { size } = await stat(join(staging, directory, file))
      if (size === 0) throw refuse(`the file ${file} is empty`)
      found.push({ part: image.part, name: `${directory}/${file}`, bytes: size })
    }
  }
  found.sort((a, b) => a.part - b.part)
  if (found.length === 0) throw refuse('there is no file')
  const gap = found.findIndex(({ part }, place) => part !== place + 1)
  if (gap >= 0) throw refuse(`its part ${gap + 1} is missing`)
  return found.map(({ name, bytes }) => ({ name, bytes }))
}
