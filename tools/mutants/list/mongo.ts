import type { Mutant } from '../mutant.ts'

const ARCHIVE = 'plugins/engine-mongo/test/archive.test.ts'
const FEATURES = 'plugins/engine-mongo/test/features.test.ts'
const SWAP = 'plugins/engine-mongo/test/swap.test.ts'

export const MONGO: readonly Mutant[] = [
  {
    name: 'the checksum of a collection in an archive is not compared',
    file: 'plugins/engine-mongo/src/archive/read-archive.ts',
    find: 'if (progress.checksum.value() !== checksum) {',
    replace: "if (progress.checksum.value() !== checksum && namespace === '') {",
    killedBy: { file: ARCHIVE, title: 'with a wrong checksum is refused' },
  },
  {
    name: 'a collection in an archive needs no end',
    file: 'plugins/engine-mongo/src/archive/read-archive.ts',
    find: 'if (open.length > 0) {',
    replace: 'if (open.length > this.#progress.size) {',
    killedBy: { file: ARCHIVE, title: 'that is cut where a block ends is refused: a collection has no end' },
  },
  {
    name: 'a collection in an archive may go on after its end',
    file: 'plugins/engine-mongo/src/archive/read-archive.ts',
    find: "if (progress.ended) throw new ArchiveError('a collection goes on after its end')",
    replace: '',
    killedBy: { file: ARCHIVE, title: 'whose collection goes on after its end is refused' },
  },
  {
    name: 'a timestamp of zero becomes the time of the server',
    file: 'plugins/engine-mongo/src/server/insert.ts',
    find: 'bypassEmptyTsReplacement: true',
    replace: 'bypassEmptyTsReplacement: false',
    killedBy: { file: FEATURES, title: 'keeps timestamps of zero, which a server sets to its time' },
  },
  {
    name: 'a timestamp of zero is looked for in the key only',
    file: 'plugins/engine-mongo/src/server/insert.ts',
    find: "type === TYPE.timestamp && name !== '_id' && value.equals(ZERO)",
    replace: "type === TYPE.timestamp && name === '_id' && value.equals(ZERO)",
    killedBy: { file: FEATURES, title: 'keeps timestamps of zero, which a server sets to its time' },
  },
  {
    name: 'a restore drops what a killed one has moved aside',
    file: 'plugins/engine-mongo/src/restore.ts',
    find: '    refuseMovedAside(old, database, host)\n',
    replace: '    refuseMovedAside([], database, host)\n',
    killedBy: { file: SWAP, title: 'that ended at its step 2' },
  },
  {
    name: 'a database that is half replaced is backed up as a whole one',
    file: 'plugins/engine-mongo/src/probe.ts',
    find: '...leftoverFinding(collections, inSwap)',
    replace: '...leftoverFinding(collections.slice(0, 0), inSwap && false)',
    killedBy: { file: SWAP, title: 'that ended at its step 2' },
  },
  {
    name: 'what a server cannot move aside is found out in the middle of a restore',
    file: 'plugins/engine-mongo/src/restore.ts',
    find: 'refuseUnlessReplaceable(old, collections, server, host)',
    replace: 'refuseUnlessReplaceable([], collections, server, host)',
    killedBy: { file: FEATURES, title: 'refuses to replace what a server cannot move aside, before anything is made' },
  },
  {
    name: 'the journal of a swap is written when its steps are done',
    file: 'plugins/engine-mongo/src/target/put-in-place.ts',
    find: `    await journal.begin(steps)
    begun = steps
    for (const step of steps) await carryOut(step, server, database)
`,
    replace: `    begun = steps
    for (const step of steps) await carryOut(step, server, database)
    await journal.begin(steps)
`,
    killedBy: { file: SWAP, title: 'and is killed at any of its requests has left the old or the new one whole' },
  },
  {
    name: 'a swap that had come to its end is put back',
    file: 'plugins/engine-mongo/src/target/recover-swap.ts',
    find: "if ((state === 'begun' || state === 'undoing') && steps.length > 0) {",
    replace: "if (state !== 'undone' && steps.length > 0) {",
    killedBy: { file: SWAP, title: 'and is killed at any of its requests has left the old or the new one whole' },
  },
  {
    name: 'what is back after a failed restore is taken for what that has made',
    file: 'plugins/engine-mongo/src/target/swap-step.ts',
    find: 'if (isOldBack(step.to, steps, there) ||',
    replace: 'if ((isOldBack(step.to, steps, there) && steps.length === 0) ||',
    killedBy: { file: SWAP, title: 'can be put back when it was cut off at its journal' },
  },
  {
    name: 'a swap begins though its journal was not taken',
    file: 'plugins/engine-mongo/src/target/swap-journal.ts',
    find: 'if (Number(n) === documents.length) return\n',
    replace: 'if (Number(n) <= documents.length) return\n',
    killedBy: { file: FEATURES, title: 'changes nothing when its journal is not taken' },
  },
  {
    name: 'what a restore is just doing is put back by another',
    file: 'plugins/engine-mongo/src/target/recover-swap.ts',
    find: '  if (!isOver) {',
    replace: '  if (!isOver && steps.length === 0) {',
    killedBy: { file: SWAP, title: 'is not put back while it lives' },
  },
]
