import type { Mutant } from '../mutant.ts'

const DUMP = 'plugins/engine-db2/test/dump.test.ts'
const RESTORE = 'plugins/engine-db2/test/restore.test.ts'
const ARCHIVE = 'plugins/engine-db2/test/archive.test.ts'
const MESSAGES = 'plugins/engine-db2/test/messages.test.ts'

export const DB2: readonly Mutant[] = [
  {
    name: 'an exit code of 4 is success when the right line is printed',
    file: 'plugins/engine-db2/src/clp/transcript.ts',
    find: 'return code >= 4',
    replace: 'return code >= 8',
    killedBy: { file: MESSAGES, title: 'is a failure from 4 on' },
  },
  {
    name: 'db2ckbkp is believed by its exit code alone',
    file: 'plugins/engine-db2/src/image/check-image.ts',
    find: 'if (cause === undefined && SOUND.test(said)) return',
    replace: 'if (cause === undefined && SOUND.test(said) === SOUND.test(said)) return',
    killedBy: { file: DUMP, title: 'unless db2ckbkp both says that the image is sound and exits with 0' },
  },
  {
    name: 'a part of an image may be empty',
    file: 'plugins/engine-db2/src/image/back-up.ts',
    find: 'if (size === 0) throw refuse(`the file ${file} is empty`)',
    replace: '',
    killedBy: { file: DUMP, title: 'for an empty part, a part that is missing' },
  },
  {
    name: 'a database that another has made is dropped',
    file: 'plugins/engine-db2/src/restore.ts',
    find: 'if (!isOfAnother(error)) await dropDatabase',
    replace: 'if (!isOfAnother(0)) await dropDatabase',
    killedBy: { file: RESTORE, title: 'is refused when a database of that name was there' },
  },
  {
    name: 'a warning of a restore is overlooked',
    file: 'plugins/engine-db2/src/image/restore-image.ts',
    find: 'throw clpError(host, { ...transcript, messages: [message] }, what, code)',
    replace: 'void clpError(host, { ...transcript, messages: [message] }, what, code)',
    killedBy: { file: RESTORE, title: 'or warns that something is missing' },
  },
  {
    name: 'an image counts as rolled forward when that was only said',
    file: 'plugins/engine-db2/src/image/restore-image.ts',
    find: 'if (said && /^ *Rollforward status += not pending *$/m.test(transcript.output)) return',
    replace: 'if (said) return',
    killedBy: { file: RESTORE, title: 'cannot be rolled forward to the end of the backup' },
  },
  {
    name: 'a scratch database of a living run is swept',
    file: 'plugins/engine-db2/src/scratch/sweep.ts',
    find: '!(await isGone(path))',
    replace: '(await isGone(path)) === undefined',
    killedBy: { file: RESTORE, title: 'forgets scratch databases whose temporary directory is gone' },
  },
  {
    name: 'a part of a tar is not compared with its digest',
    file: 'plugins/engine-db2/src/archive/read-archive.ts',
    find: 'if (last !== `${JSON.stringify(digests)}\\n`)',
    replace: 'if (last === undefined)',
    killedBy: { file: ARCHIVE, title: 'is refused when a part is another' },
  },
  {
    name: 'rows that others wrote meanwhile are compared',
    file: 'plugins/engine-db2/src/fingerprint/fingerprint.ts',
    find: 'return [same ? found : { name, columns }]',
    replace: 'return [same ? found : { ...found }]',
    killedBy: { file: DUMP, title: 'compares what nobody wrote to meanwhile' },
  },
]
