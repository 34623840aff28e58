import type { ErrorCode, Host } from 'dbvault'
import { basename } from 'node:path'
import type { Instance } from '../instance/instance.ts'

const SOUND = /^Image Verification Complete - successful\.\s*$/m
const KEPT = 64 * 1024

/**
 * Has Db2's own program read all files of one image. It has to say that they are sound, and to exit with 0.
 * @throws `code`
 */
export async function checkImage(
  files: readonly string[],
  { db2ckbkp, env, owner }: Instance,
  host: Host,
  code: ErrorCode,
): Promise<void> {
  let end = Buffer.alloc(0)
  let cause: unknown
  try {
    const call = { command: db2ckbkp, args: files, env, ...(owner && { user: owner }) }
    for await (const chunk of host.runTool(call)) end = Buffer.concat([end, chunk]).subarray(-KEPT)
  } catch (error) {
    host.signal.throwIfAborted()
    cause = error
  }
  const said = end.toString('utf8')
  if (cause === undefined && SOUND.test(said)) return
  const last = said.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? ''
  const why = cause instanceof Error && last === '' ? cause.message : `it ended with ${JSON.stringify(last)}`
  const names = files.map((file) => basename(file)).join(', ')
  throw host.error(code, `db2ckbkp does not find the image ${names} sound: ${why}`, { cause })
}
