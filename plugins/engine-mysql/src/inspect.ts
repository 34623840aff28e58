import type { Host, Target, TargetState } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { databaseOf, loginOf, placeOf } from './server/login.ts'
import { shown } from './server/quote.ts'
import { nameOnServer } from './server/name-on-server.ts'
import { serverError } from './server/server-error.ts'
import { connect } from './server/session.ts'
import { contentsOf } from './target/contents.ts'
import { unfinished } from './target/recover.ts'

export async function inspect(target: Target<Flags>, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  const named = databaseOf(target, host)
  await using session = await connect(await loginOf(target, host), host)
  const database = await nameOnServer(session, named)
  const place = `database ${shown(database)} on ${placeOf(session.login)}`
  try {
    const contents = await contentsOf(session, database)
    if (contents === undefined) return { state: 'absent', description: `no ${place}` }
    const { tables, others, bytes } = contents
    if (tables + others === 0) return { state: 'empty', description: `empty ${place}` }
    const killed = await unfinished(session, database)
    const notes = killed.map(
      ({ before }) =>
        `A restore into it was killed before its end${before ? '; it is made what it was before that, first of all' : ', and left what is there'}`,
    )
    const size = `${(bytes / 1e6).toFixed(1)} MB`
    return {
      state: 'occupied',
      description: `${place}: ${tables} tables and views, ${others} routines and events, ${size}`,
      ...(notes.length > 0 && { notes }),
    }
  } catch (error) {
    throw serverError(host, session.login, error)
  }
}
