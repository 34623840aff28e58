import type { Writer } from 'dbvault/testing'
import type { Db } from 'mongodb'

/** Changes, removes and puts in again, adds, without pause. */
export async function startWriter(db: Db): Promise<Writer> {
  let commits = 0
  let stopped = false
  const once = async (): Promise<void> => {
    const id = (commits * 7) % 500
    await db.collection('account').updateOne({ _id: id as never }, { $inc: { amount: 1 } })
    await db.collection('account').deleteOne({ _id: ((id + 250) % 500) as never })
    await db.collection('account').insertOne({ _id: ((id + 250) % 500) as never, amount: commits })
    await db.collection('entry').insertOne({ amount: 1, note: 'x'.repeat(200) })
    if (commits % 10 === 9) await db.collection('entry').deleteMany({ amount: 1 })
    commits++
  }
  await once()
  const writing = (async () => {
    while (!stopped) await once()
  })()
  return {
    async stop() {
      stopped = true
      await writing
      return commits
    },
  }
}
