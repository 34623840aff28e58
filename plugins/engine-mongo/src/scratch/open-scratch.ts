import type { Host, Scratch } from 'dbvault'
import type { Flags } from '../descriptor.ts'
import { placeOf } from '../server/place.ts'
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts'
import { startPrivateServer } from './private-server.ts'
import { ScratchUnavailable } from './unavailable.ts'

type Way = () => Promise<ScratchDatabase>

/**
 * An empty database to restore into: on a private server that is started for it, or on the source's, or on another.
 * `version` is that of the dumped server.
 * @throws PROOF_UNFINISHED when none can be had, with the reason for each
 */
export async function openScratch(scratch: Scratch<Flags>, version: string, host: Host): Promise<ScratchDatabase> {
  const reasons: ScratchUnavailable[] = []
  for (const way of waysTo(scratch, version, host)) {
    try {
      return await way()
    } catch (error) {
      host.signal.throwIfAborted()
      if (!(error instanceof ScratchUnavailable)) throw error
      reasons.push(error)
    }
  }
  const why = reasons.map(({ message }) => message).join('; ')
  throw host.error('PROOF_UNFINISHED', `There is nowhere to try the restore: ${why}`, {
    hints: [...new Set(reasons.flatMap(({ hints }) => hints)), 'Or name a server to try it on: --scratch mongodb://…'],
    cause: reasons[0],
  })
}

function waysTo({ mode, url, source, flags }: Scratch<Flags>, version: string, host: Host): Way[] {
  const onPrivate: Way = async () => await openPrivate(flags, version, host)
  const on =
    (given: Parameters<typeof placeOf>[0]): Way =>
    async () =>
      await createScratchDatabase(placeOf(given, host), host)
  switch (mode) {
    case 'private':
      return [onPrivate]
    case 'url':
      return [on({ database: '', flags: onlyHow(flags), ...(url && { url }) })]
    case 'source':
      return [source ? on(source) : missingSource]
    case 'auto':
      return source ? [onPrivate, on(source)] : [onPrivate]
  }
}

/** What says who logs in where, is said by the URL. */
function onlyHow(flags: Scratch<Flags>['flags']): Scratch<Flags>['flags'] {
  const { 'auth-source': _, 'auth-mechanism': __, 'replica-set': ___, direct: ____, ...rest } = flags
  return { ...rest, 'auth-source': undefined, 'auth-mechanism': undefined, 'replica-set': undefined, direct: undefined }
}

const missingSource: Way = () => {
  throw new ScratchUnavailable('a stored backup has no source to try it on', [
    'Use --scratch private, or name a server.',
  ])
}

async function openPrivate(flags: Scratch<Flags>['flags'], version: string, host: Host): Promise<ScratchDatabase> {
  const { place, ...running } = await startPrivateServer(flags['bin-dir'], version, flags.parallel ?? 4, host)
  try {
    const scratch = await createScratchDatabase(place, host)
    return {
      server: scratch.server,
      database: scratch.database,
      async [Symbol.asyncDispose]() {
        // With the server goes all that it has.
        await scratch.server[Symbol.asyncDispose]()
        await running[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await running[Symbol.asyncDispose]()
    throw error
  }
}
