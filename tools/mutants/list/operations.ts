import type { Mutant } from '../mutant.ts'

const BACKUP = 'test/operations/backup.test.ts'
const STORED = 'test/operations/stored-backups.test.ts'
const CATALOG = 'test/catalog/catalog.test.ts'
const RETRY = 'test/operations/retry.test.ts'
const PRUNE = 'test/operations/prune.test.ts'
const PLACES = 'test/operations/several-places.test.ts'

export const OPERATIONS: readonly Mutant[] = [
  {
    name: 'a failed backup leaves its artifact',
    file: 'src/operations/backup.ts',
    find: 'await Promise.all(placed.map(({ placement }) => placement.discard()))',
    replace: 'await Promise.all(placed.map(({ placement }) => placement.keys))',
    killedBy: { file: BACKUP, title: 'when a backup is of other rows than the source' },
  },
  {
    name: 'an interrupted backup leaves its artifact',
    file: 'src/operations/host-for.ts',
    find: 'signal: AbortSignal.timeout(CLEANUP_MS)',
    replace: 'signal: AbortSignal.any([context.signal, AbortSignal.timeout(CLEANUP_MS)])',
    killedBy: { file: BACKUP, title: 'leaves nothing when it was proving' },
  },
  {
    name: 'the marker of a run stays',
    file: 'src/operations/placement.ts',
    find: 'await marker?.remove(cleanupHost(this.#context, this.#subject)).catch',
    replace: 'await Promise.resolve(marker).catch',
    killedBy: { file: BACKUP, title: 'and, beside it, a manifest that says what was proven' },
  },
  {
    name: 'a key that was made is shown after the commit',
    file: 'src/operations/backup.ts',
    find: `    await request.beforeCommit?.()
    const draft = draftOf(run, probe, dumped, createdAt, outcome)
    const locations = await commitBackup(draft, dumped.members, placed, cipher, context)
`,
    replace: `    const draft = draftOf(run, probe, dumped, createdAt, outcome)
    const locations = await commitBackup(draft, dumped.members, placed, cipher, context)
    await request.beforeCommit?.()
`,
    killedBy: { file: BACKUP, title: 'in every place when the key could not be shown' },
  },
  {
    name: 'the size that was stored is not compared',
    file: 'src/pipeline/write-artifact.ts',
    find: 'if (stat.bytes === written.bytes) return stat',
    replace: 'if (stat.bytes >= 0) return stat',
    killedBy: { file: BACKUP, title: 'when the storage holds another number of bytes than it was sent' },
  },
  {
    name: 'a backup is committed although its artifact is gone',
    file: 'src/operations/placement.ts',
    find: 'if (stat?.bytes === expected) continue',
    replace: 'if (stat?.bytes === expected || index >= 0) continue',
    killedBy: { file: BACKUP, title: 'when its artifact is gone or replaced before the commit' },
  },
  {
    name: 'a place that was not reached is no failure',
    file: 'src/operations/shortfall.ts',
    find: 'if (failed.length === 0) return proof',
    replace: 'if (failed.length >= 0) return proof',
    killedBy: { file: BACKUP, title: 'that refuse the artifact make the run fail' },
  },
  {
    name: 'a further place keeps an artifact whose manifest it refused',
    file: 'src/operations/placement.ts',
    find: 'made.map((key) => this.storage.delete(key, host))',
    replace: 'made.map((key) => this.storage.stat(key, host))',
    killedBy: { file: BACKUP, title: 'that refuse the manifest make the run fail' },
  },
  {
    name: 'a directory is not proven before a cloud gets the dump',
    file: 'src/operations/backup.ts',
    find: 'destinations[0]?.storage.name === LOCAL ? destinations.slice(0, 1) : destinations',
    replace: 'destinations',
    killedBy: { file: PLACES, title: 'the directory is proven before any byte goes to a cloud' },
  },
  {
    name: 'a place that cannot give its artifact back costs the others theirs',
    file: 'src/operations/prove-dump.ts',
    find: 'if (!next || !OF_THE_PLACE.includes(error.code)) throw error',
    replace: 'if (!next || !OF_THE_PLACE.includes(error.code) || error.code) throw error',
    killedBy: { file: PLACES, title: 'it is given up, and the next one is proven' },
  },
  {
    name: 'a place that was cut off is not fed again',
    file: 'src/operations/feed-others.ts',
    find: 'return place?.error?.retryable ? undefined : place',
    replace: 'return place',
    killedBy: { file: PLACES, title: 'that one is fed from the proven one afterwards' },
  },
  {
    name: 'prune takes what a living run is at for litter',
    file: 'src/catalog/orphans.ts',
    find: 'now.getTime() - beat.getTime() < MARKER_LIFE_MS',
    replace: 'now.getTime() - beat.getTime() < MARKER_LIFE_MS * 0',
    killedBy: { file: PRUNE, title: 'never touches what a living run is at' },
  },
  {
    name: 'prune believes a listing that lacks a manifest',
    file: 'src/operations/prune-leftovers.ts',
    find: "const hidden = kind === 'artifact' &&",
    replace: "const hidden = kind === 'record' &&",
    killedBy: { file: PRUNE, title: 'is not fooled by a listing that lacks a manifest' },
  },
  {
    name: 'prune tells the time by the clock of this machine',
    file: 'src/operations/prune.ts',
    find: 'const now = lock?.startedAt ?? new Date()',
    replace: 'const now = new Date()',
    killedBy: { file: PRUNE, title: 'tells the time by the storage’s clock' },
  },
  {
    name: 'retention counts what was never proven',
    file: 'src/retention/plan.ts',
    find: 'newestFirst.filter((one) => one.counts && !isFuture(one) && one === first(one))',
    replace: 'newestFirst.filter((one) => !isFuture(one) && one === first(one))',
    killedBy: {
      file: 'test/retention/plan.test.ts',
      title: 'does not count what is not good, so that it pushes nothing out',
    },
  },
  {
    name: 'retention forgets the last backup that was proven',
    file: 'src/retention/plan.ts',
    find: 'counted.find(({ sure }) => sure)',
    replace: 'counted.find(({ sure }) => !sure)',
    killedBy: {
      file: 'test/retention/plan.test.ts',
      title: 'keeps the newest that is proven and complete, whatever newer ones were asked for',
    },
  },
  {
    name: 'retention counts each copy of a backup',
    file: 'src/retention/plan.ts',
    find: ' && one === first(one))',
    replace: ' && first(one) !== undefined)',
    killedBy: { file: 'test/retention/plan.test.ts', title: 'counts copies of one backup once' },
  },
  {
    name: 'doctor does not mind a place that overwrites',
    file: 'src/operations/examine-storage.ts',
    find: "throw broken('replaces an object that exists: a backup could be lost there')",
    replace: "return 'fine'",
    killedBy: { file: 'test/operations/doctor.test.ts', title: 'fails where it replaces what exists' },
  },
  {
    name: 'what is incomplete is backed up without leave',
    file: 'src/operations/probe-before-dump.ts',
    find: 'if (incomplete.length > 0 && !allowIncomplete) {',
    replace: 'if (incomplete.length > 9 && !allowIncomplete) {',
    killedBy: { file: BACKUP, title: 'is refused before the dump, with what mends it' },
  },
  {
    name: 'a permanent error is tried again',
    file: 'src/host/retry.ts',
    find: 'DbvaultError.is(error) && error.retryable &&',
    replace: 'DbvaultError.is(error) &&',
    killedBy: { file: RETRY, title: 'fails at once for a permanent error' },
  },
  {
    name: 'one attempt too many',
    file: 'src/host/retry.ts',
    find: 'retries: attempts - 1',
    replace: 'retries: attempts',
    killedBy: { file: RETRY, title: 'is given its attempts' },
  },
  {
    name: 'a step that was done is called aborted',
    file: 'src/host/retry.ts',
    find: 'if (done.length === 0) throw error',
    replace: 'if (done.length === 0 || signal.aborted) throw error',
    killedBy: { file: RETRY, title: 'has its value when it was done, although the abort came meanwhile' },
  },
  {
    name: 'copy does not compare the digest',
    file: 'src/operations/copy-artifacts.ts',
    find: 'if (meter.sha256 === source.artifact.sha256) return',
    replace: "if (meter.sha256 !== '') return",
    killedBy: { file: STORED, title: 'leaves nothing at the target when the artifact is damaged' },
  },
  {
    name: 'a failed copy leaves its artifact',
    file: 'src/operations/copy-backup.ts',
    find: 'await placement.discard()',
    replace: 'await Promise.resolve(placement)',
    killedBy: { file: STORED, title: 'leaves nothing at the target when the artifact is damaged' },
  },
  {
    name: 'restore does not mind a target that is not empty',
    file: 'src/operations/restore.ts',
    find: "if (before.state === 'occupied' && !target.replace) {",
    replace: "if (before.state === 'occupied' && !target.replace && request.dryRun) {",
    killedBy: { file: STORED, title: 'refuses an occupied target before it reads a byte' },
  },
  {
    name: 'a listing that fails is an empty one',
    file: 'src/catalog/catalog.ts',
    find: '    await manifests.stop()\n    throw error\n',
    replace: '    await manifests.stop()\n    return { objects: new Map(), backups: [], damaged: [] }\n',
    killedBy: { file: CATALOG, title: 'is an error, and never empty or short' },
  },
  {
    name: 'an artifact without a manifest is not listed as an orphan',
    file: 'src/catalog/orphans.ts',
    find: "roleOf(key).role === 'artifact' && !known.has(key)",
    replace: "roleOf(key).role === 'artifact' && known.has(key)",
    killedBy: { file: CATALOG, title: 'names an artifact without a manifest as an orphan' },
  },
  {
    name: 'a manifest without its artifact is a whole backup',
    file: 'src/catalog/catalog.ts',
    find: 'members.filter(({ name }) => !objects.has(name))',
    replace: "members.filter(({ name }) => name === '')",
    killedBy: { file: CATALOG, title: 'names a backup whose artifact is gone as missing it' },
  },
  {
    name: 'an artifact that is cut is what its manifest says',
    file: 'src/catalog/catalog.ts',
    find: '.filter(({ name, bytes }) => (objects.get(name)?.bytes ?? bytes) !== bytes)',
    replace: '.filter(({ name, bytes }) => (objects.get(name)?.bytes ?? bytes) < 0)',
    killedBy: {
      file: PRUNE,
      title: 'does not count a backup whose artifact is not of the size that its manifest says',
    },
  },
  {
    name: 'a proof is believed under whatever name',
    file: 'src/catalog/manifests.ts',
    find: 'role.at === utcStamp(at) &&',
    replace: 'role.at.length === utcStamp(at).length &&',
    killedBy: { file: CATALOG, title: 'has the newest later proof of each backup' },
  },
  {
    name: 'prune takes what was there before a run for its own',
    file: 'src/catalog/orphans.ts',
    find: 'made.modifiedAt >= since',
    replace: 'made.modifiedAt <= since',
    killedBy: { file: PRUNE, title: 'leaves what only stands beside a name that the user chose' },
  },
  {
    name: 'a manifest beside another artifact is taken for its own',
    file: 'src/catalog/manifests.ts',
    find: 'if (`${main}.json` === fileName(key)) return { manifest, text }',
    replace: 'if (main !== fileName(key)) return { manifest, text }',
    killedBy: { file: CATALOG, title: 'names manifests that are cut, and those of another artifact, as damaged' },
  },
  {
    name: 'the newest backup may be one whose artifact is gone',
    file: 'src/operations/find-backup.ts',
    find: 'const whole = isWhole(backup)',
    replace: 'const whole = isWhole({ ...backup, missing: [] })',
    killedBy: { file: STORED, title: 'as the newest only when it is whole' },
  },
  {
    name: 'an interrupted prune leaves a backup half-removed',
    file: 'src/operations/prune.ts',
    find: 'planBackups(wanted, inventory.backups, request, now, lasting)',
    replace: 'planBackups(wanted, inventory.backups, request, now, host)',
    killedBy: { file: PRUNE, title: 'leaves no backup half-removed at an abort' },
  },
  {
    name: 'a file that only has the name of a marker is taken away',
    file: 'src/catalog/pending-marker.ts',
    find: "isMarkerText(texts[place] ?? '')",
    replace: 'texts[place] !== undefined',
    killedBy: {
      file: 'test/catalog/pending-marker.test.ts',
      title: 'takes nothing away that only has the name of one',
    },
  },
  {
    name: 'a copy that is there already has any size',
    file: 'src/operations/copy-backup.ts',
    find: '?.bytes !== artifact.bytes) return false',
    replace: ' === undefined) return false',
    killedBy: { file: STORED, title: 'is content with a backup that is there already' },
  },
]
