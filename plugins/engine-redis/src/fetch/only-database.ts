import type { RdbVisitor } from '../rdb/rdb-walk.ts'
import { RdbWalk } from '../rdb/rdb-walk.ts'
import { RdbWriter } from '../rdb/rdb-writer.ts'

/** Leaves of an RDB file only the keys of one logical database. What it says of its server stays; functions do not. */
export async function* onlyDatabase(source: AsyncIterable<Buffer>, database: number): AsyncGenerator<Buffer> {
  let writer: RdbWriter | undefined
  let wanted = false
  const visitor: RdbVisitor = {
    header: (header) => (writer = new RdbWriter(header)),
    aux: (name, value) => writer?.aux(name, value),
    key(key) {
      wanted = key.database === database
      if (wanted) writer?.key(key)
    },
    part(bytes, start, end) {
      if (wanted) writer?.part(bytes, start, end)
    },
  }
  const walk = new RdbWalk(visitor)
  for await (const chunk of source) {
    walk.push(chunk)
    const written = writer?.take()
    if (written !== undefined && written.length > 0) yield written
  }
  writer?.end(walk.end().checksum)
  if (writer) yield writer.take()
}
