import type { ErrorCode, Host, Stored } from 'dbvault'
import { abortable } from './abortable.ts'
import { rdbProblem } from './rdb-problem.ts'
import { RdbWalk, type RdbEnd, type RdbHeader, type RdbVisitor } from './rdb/rdb-walk.ts'
import type { StreamDetail } from './rdb/kinds.ts'

export interface ReadMember extends RdbEnd {
  readonly header: RdbHeader
}

/** Walks a stored member to its end, and hands on what was walked. @throws `code` when it is no whole RDB file */
export async function readMember(
  stored: Stored,
  visitor: RdbVisitor,
  { code, detail, take }: { code: ErrorCode; detail?: StreamDetail; take?: (chunk: Uint8Array) => Promise<unknown> },
  host: Host,
): Promise<ReadMember> {
  host.signal.throwIfAborted()
  const stream = await stored.open()
  const walk = new RdbWalk(visitor, { detail })
  try {
    for await (const chunk of abortable(stream as AsyncIterable<Uint8Array>, host.signal)) {
      walk.push(chunk)
      await take?.(chunk)
    }
    const end = walk.end()
    return { ...end, header: walk.header ?? { product: 'redis', version: 0 } }
  } catch (error) {
    host.signal.throwIfAborted()
    throw rdbProblem(host, code, 'What is stored', error)
  } finally {
    stream.destroy()
  }
}
