import type { Mutant } from '../mutant.ts'

const GCP = { parts: 'faults-parts', last: 'faults-last', reading: 'faults-reading' } as const
const ofGcp = (kind: keyof typeof GCP): string => `plugins/storage-gcp/test/${GCP[kind]}.test.ts`
const MINIO = 'plugins/storage-minio/test/faults.test.ts'
const AZURE = 'plugins/storage-azure/test/faults.test.ts'

/** Of plugins that store in clouds. */
export const CLOUDS: readonly Mutant[] = [
  {
    name: 'an object of somebody else in Google Cloud Storage is replaced',
    file: 'plugins/storage-gcp/src/upload.ts',
    find: "const query = { ifGenerationMatch: '0', kmsKeyName: kmsKey }",
    replace: 'const query = { kmsKeyName: kmsKey }',
    killedBy: { file: ofGcp('last'), title: 'refuses an object of somebody else that came before it for' },
  },
  {
    name: 'an object in Google Cloud Storage counts as ours because it has our name',
    file: 'plugins/storage-gcp/src/upload.ts',
    find: 'if (found?.metadata?.[NONCE] !== nonce) return undefined',
    replace: 'if (found === undefined || nonce.length === 0) return undefined',
    killedBy: { file: ofGcp('last'), title: 'refuses an object of somebody else that came before it for' },
  },
  {
    name: 'Google Cloud Storage is not told the digest of the whole before that is an object',
    file: 'plugins/storage-gcp/src/session.ts',
    find: "const hash = crc32c === undefined ? {} : { 'x-goog-hash'",
    replace: "const hash = crc32c === undefined || total > 0 ? {} : { 'x-goog-hash'",
    killedBy: { file: ofGcp('parts'), title: 'gives the server a CRC32C of the whole before that makes the object' },
  },
  {
    name: 'after a failure a part is sent to Google Cloud Storage from its first byte, whatever has arrived',
    file: 'plugins/storage-gcp/src/session.ts',
    find: "const next = await this.#put(bytes.subarray(at - start, now), at, '*', {}, signal)",
    replace: "const next = await this.#put(bytes.subarray(0, now), start, '*', {}, signal)",
    killedBy: { file: ofGcp('parts'), title: 'sends again only what has not arrived' },
  },
  {
    name: 'bytes that Google Cloud Storage has lost are not missed',
    file: 'plugins/storage-gcp/src/session.ts',
    find: '      if (at < start) throw this.#lost()\n',
    replace: '      if (at < start) at = start\n',
    killedBy: { file: ofGcp('parts'), title: 'fails when the server has lost what it had taken' },
  },
  {
    name: 'what a server has made an object of too early stays in Google Cloud Storage',
    file: 'plugins/storage-gcp/src/upload.ts',
    find: 'if (early) await remove(early, signal)',
    replace: 'if (early?.stat.bytes === 0) await remove(early, signal)',
    killedBy: { file: ofGcp('parts'), title: 'removes what a server has made an object of too early' },
  },
  {
    name: 'a read from Google Cloud Storage goes on in another generation',
    file: 'plugins/storage-gcp/src/download.ts',
    find: '    generation = found\n',
    replace: "    generation = found === '' ? found : undefined\n",
    killedBy: { file: ofGcp('reading'), title: 'refuses to go on in an object that was replaced' },
  },
  {
    name: 'a listing of Google Cloud Storage ends with its first page',
    file: 'plugins/storage-gcp/src/list.ts',
    find: 'if (token === undefined) return',
    replace: 'if (token === undefined || page.items.length > 0) return',
    killedBy: { file: ofGcp('reading'), title: 'goes from page to page' },
  },
  {
    name: 'an object of somebody else in MinIO is replaced by one of many parts',
    file: 'plugins/storage-minio/src/upload.ts',
    find: "              'if-none-match': '*',\n              'content-type'",
    replace: "              'content-type'",
    killedBy: { file: MINIO, title: 'refuses an object of somebody else that came before the complete' },
  },
  {
    name: 'an error that MinIO answers with a 200 is taken for success',
    file: 'plugins/storage-minio/src/upload.ts',
    find: '  if (result) return result\n',
    replace: "  if (result ?? elementOf(xml, 'Error')) return result ?? {}\n",
    killedBy: { file: MINIO, title: 'takes an error in the body of a 200 for an error' },
  },
  {
    name: 'the bytes of a block go to Azure without their digest',
    file: 'plugins/storage-azure/src/upload.ts',
    find: 'blob.stageBlock(id, bodyOf(part), part.bytes, { transactionalContentMD5, abortSignal })',
    replace:
      'blob.stageBlock(id, bodyOf(part), part.bytes, {\n            ...(part.number < 0 && { transactionalContentMD5 }),\n            abortSignal,\n          })',
    killedBy: { file: AZURE, title: 'sends the MD5 of every block' },
  },
  {
    name: 'a blob that was made meanwhile in Azure is replaced',
    file: 'plugins/storage-azure/src/upload.ts',
    find: "conditions: { ifNoneMatch: '*' },",
    replace: 'conditions: {},',
    killedBy: { file: AZURE, title: 'refuses a blob that was made while it sent its blocks' },
  },
  {
    name: 'a block that comes to Azure after an abort stays',
    file: 'plugins/storage-azure/src/upload.ts',
    find: 'if (look > 1 && blocks.length === 0) return',
    replace: 'if (look > 1) return',
    killedBy: {
      file: 'plugins/storage-azure/test/faults.test.ts',
      title: 'leaves nothing though a block comes in after it has dropped them',
    },
  },
  {
    name: 'an abort at Azure drops the blocks of another upload',
    file: 'plugins/storage-azure/src/upload.ts',
    find: 'blocks.some(({ name }) => ownerOf(name) !== upload)',
    replace: 'blocks.some(({ name }) => ownerOf(name) === `of-${upload}`)',
    killedBy: {
      file: 'plugins/storage-azure/test/faults.test.ts',
      title: 'leaves the blocks of another upload alone when it is aborted',
    },
  },
]
