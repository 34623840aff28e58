import type { Mutant } from '../mutant.ts'

const GZIP = 'test/pipeline/compress/gzip.test.ts'
const ZSTD = 'test/pipeline/compress/zstd.test.ts'

export const COMPRESSION: readonly Mutant[] = [
  {
    name: 'the last block is dropped',
    file: 'src/pipeline/compress/in-blocks.ts',
    find: 'if (lane !== undefined) start(lane)',
    replace: 'if (lane !== undefined && filled === size) start(lane)',
    killedBy: { file: 'test/operations/backup.test.ts', title: 'and, beside it, a manifest that says what was proven' },
  },
  {
    name: 'gunzip does not check length and CRC',
    file: 'src/pipeline/compress/gunzip.ts',
    find: 'if (trailer.getUint32(0, true) !== crc || trailer.getUint32(4, true) !== size % 2 ** 32)',
    replace: 'if (trailer.byteLength !== 8 && crc === size)',
    killedBy: { file: GZIP, title: 'when length or CRC in the trailer is another' },
  },
  {
    name: 'gunzip does not mind what follows the end',
    file: 'src/pipeline/compress/gunzip.ts',
    find: '} while ((await reader.peek()).length > 0)',
    replace: '} while ((await reader.peek())[0] === 0x1f)',
    killedBy: { file: GZIP, title: 'rejects with ARTIFACT_CORRUPT when anything follows' },
  },
  {
    name: 'zstd: the seek table may be absent',
    file: 'src/pipeline/compress/unzstd.ts',
    find: '        if (!listed)\n',
    replace: '        if (!listed && frames.length === 0)\n',
    killedBy: { file: ZSTD, title: 'when it is cut off between two frames' },
  },
  {
    name: 'zstd: the seek table is not compared with the frames',
    file: 'src/pipeline/compress/unzstd.ts',
    find: 'if (kept === size && agrees(content, frames)) return true',
    replace: 'if (kept === size || agrees(content, frames)) return true',
    killedBy: { file: ZSTD, title: 'when two frames have changed places' },
  },
]
