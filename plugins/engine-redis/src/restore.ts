import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { asRedisFingerprint, counts, differences, type RedisFingerprint } from './fingerprint/fingerprint.ts'
import { membersOf } from './members.ts'
import { canRead, formatOf } from './scratch/find-programs.ts'
import { nodesOf, type Nodes } from './server/nodes.ts'
import { placeOf, type Place } from './server/place.ts'
import { nameOf } from './server/server.ts'
import { replyProblem } from './server/server-error.ts'
import { Session } from './server/session.ts'
import { inPlace, throughStaging, type Restored, type Work } from './target/into-servers.ts'
import { pairsOf } from './target/pairs.ts'
import { survey as surveyOf, type Survey } from './target/survey.ts'
import { liveState, type LiveState } from './target/target-state.ts'
import { restoreToFile } from './target/to-file.ts'

/** The longest value that a server takes, unless it is set otherwise (`proto-max-bulk-len`). */
const LONGEST_VALUE = 512 * 1024 * 1024

/** Everything is read and compared once before anything is sent, and each key is asked back once it is there. */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const members = membersOf(stored, host, 'RESTORE_FAILED')
  const wanted = expected && asRedisFingerprint(expected)
  if (expected && wanted === undefined) {
    const message = `What is restored cannot be compared: this version does not know the fingerprint "${expected.scheme}"`
    host.report({ kind: 'warning', message })
  }
  const path = target.flags['to-file']
  if (path !== undefined) return await restoreToFile(members, path, wanted, host)
  const place = placeOf(target, host)
  const nodes = await nodesOf(place, host)
  const state = await liveState(nodes, place.which, host)
  if (state.state === 'occupied' && !target.replace) throw notEmpty(state, host)
  if (state.state === 'occupied' && nodes.cluster) throw notInCluster(state, host)
  const survey = await surveyOf(members, wanted?.streams, host)
  refuseDifferent(wanted, survey, host)
  await refuseUnlessReadable(survey, state, nodes, host)
  const pairs = pairsOf(survey.fingerprint, place.which, target.flags['from-database'], host)
  if (nodes.cluster && pairs.some(({ to }) => to !== 0)) {
    throw host.error('USAGE', 'The backup has keys in other logical databases than 0, which are all that a cluster has')
  }
  const version = Number.parseInt(state.version, 10)
  const work: Work = {
    members,
    survey,
    nodes,
    pairs,
    ...(place.which === 'all' && { libraries: survey.libraries }),
    others: state.occupied.filter((database) => !pairs.some(({ to }) => to === database)),
    replace: target.replace,
    own: formatOf(state.product, state.version),
    exactTimes: version >= 7,
  }
  try {
    const { keys, expired } = await load(work, state, host)
    if (survey.libraries.length > 0 && place.which !== 'all') {
      host.report({ kind: 'warning', message: 'Functions belong to the whole server, and were not restored' })
    }
    return {
      target: place.which === 'all' ? whereOf(place, nodes) : `database ${place.which} of ${whereOf(place, nodes)}`,
      outcome: wanted ? 'equal' : 'restorable',
      restored: { ...counts(survey.fingerprint), keys, ...(expired > 0 && { 'expired meanwhile': expired }) },
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw replyProblem(host, 'RESTORE_FAILED', error)
  }
}

async function load(work: Work, state: LiveState, host: Host): Promise<Restored> {
  const [server] = work.nodes.servers
  if (!work.nodes.cluster && server) {
    const restored = await throughStaging(work, server, host)
    if (restored) return restored
  }
  if (state.state === 'empty') return await inPlace(work, host)
  throw host.error(
    'RESTORE_FAILED',
    `There are not ${work.pairs.length} empty logical databases to prepare the restore in, so what is there cannot be replaced safely`,
    {
      hints: [
        'Give the server more of them (databases 32), or restore into another server.',
        'Or empty it yourself (FLUSHALL) and restore without --replace.',
      ],
    },
  )
}

/** What can be known of a failure before anything is sent. */
async function refuseUnlessReadable(survey: Survey, state: LiveState, { servers }: Nodes, host: Host): Promise<void> {
  const { header, largest, memory, checksum } = survey
  const name = `${state.product === 'valkey' ? 'Valkey' : 'Redis'} ${state.version}`
  if (!canRead(state.product, state.version, header)) {
    const written = `version ${header.version} of the ${header.product === 'valkey' ? 'Valkey' : 'RDB'} format`
    throw host.error('RESTORE_FAILED', `The backup is in ${written}, which ${name} cannot read`, {
      hints: ['Restore into a server of at least the version of the source.'],
    })
  }
  if (!checksum) host.report({ kind: 'warning', message: 'The server that was backed up wrote no checksums' })
  if (memory > state.room) {
    throw host.error(
      'RESTORE_FAILED',
      `The backup takes about ${memory} bytes of memory, and the target has ${state.room} left`,
      {
        hints: ['Raise maxmemory on the target: CONFIG SET maxmemory … A restore over old data needs room for both.'],
      },
    )
  }
  for (const server of largest > LONGEST_VALUE / 2 ? servers : []) {
    await using session = await Session.open(server, host)
    const reply = (await session.call('CONFIG', 'GET', 'proto-max-bulk-len').catch(() => undefined)) as
      | string[]
      | undefined
    const limit = Number(reply?.[1] ?? LONGEST_VALUE)
    if (largest + 64 <= limit) continue
    throw host.error(
      'RESTORE_FAILED',
      `The backup has a value of ${largest} bytes, and ${nameOf(server)} takes at most ${limit}`,
      {
        hints: [`Allow it for the time of the restore: CONFIG SET proto-max-bulk-len ${largest + 1024}`],
      },
    )
  }
}

function refuseDifferent(wanted: RedisFingerprint | undefined, { fingerprint }: Survey, host: Host): void {
  const [first, ...more] = wanted ? differences(wanted, fingerprint) : []
  if (first === undefined) return
  throw host.error('RESTORE_FAILED', `What is stored is not what was dumped: ${first}`, {
    hints: [...more, 'Nothing was changed at the target.'],
  })
}

function notEmpty({ description }: LiveState, host: Host): Error {
  return host.error('TARGET_NOT_EMPTY', `The target is not empty: ${description}`, {
    hints: ['Restore into another one, or replace what is there with --replace.'],
  })
}

function notInCluster({ description }: LiveState, host: Host): Error {
  return host.error('TARGET_NOT_EMPTY', `The data of a cluster cannot be replaced in one step: ${description}`, {
    hints: ['Restore into a new cluster, or empty this one yourself: FLUSHALL on each master.'],
  })
}

function whereOf({ sentinels }: Place, { servers }: Nodes): string {
  const names = servers.map(nameOf).join(', ')
  return sentinels ? `${sentinels.master} (${names})` : names
}
