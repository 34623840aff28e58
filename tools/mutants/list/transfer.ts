import type { Mutant } from '../mutant.ts'

const UPLOAD = 'test/host/transfer/upload.test.ts'
const DOWNLOAD = 'test/host/transfer/download.test.ts'

export const TRANSFER: readonly Mutant[] = [
  {
    name: 'an upload that fails keeps its parts',
    file: 'src/host/transfer/upload.ts',
    find: '      if (begun) await this.#host.retry(what, () => this.#steps.abort(begun.upload, signal), signal)\n',
    replace: '      if (begun) await this.#host.retry(what, async () => {}, signal)\n',
    killedBy: { file: UPLOAD, title: 'gives up after its attempts, ends what is silent, and leaves nothing' },
  },
  {
    name: 'an upload is aborted while parts are under way',
    file: 'src/host/transfer/send-parts.ts',
    find: '  await Promise.all(running)\n',
    replace: '',
    killedBy: { file: UPLOAD, title: 'aborts only after every part has ended' },
  },
  {
    name: 'an upload whose answer was lost is given up',
    file: 'src/host/transfer/upload.ts',
    find: 'if (failure && !this.#mayExist) throw failure.error',
    replace: "if (failure && what !== '') throw failure.error",
    killedBy: { file: UPLOAD, title: 'accepts it also when no answer ever came' },
  },
  {
    name: 'an upload that was interrupted keeps its object',
    file: 'src/host/transfer/upload.ts',
    find: '    this.#mayExist = true\n',
    replace: '',
    killedBy: { file: UPLOAD, title: 'takes back what the last request made when it is aborted meanwhile' },
  },
  {
    name: 'an object counts as stored whatever its size',
    file: 'src/host/transfer/upload.ts',
    find: 'if (stat.bytes !== body.bytes) {',
    replace: 'if (stat.bytes !== stat.bytes) {',
    killedBy: { file: UPLOAD, title: 'removes an object that does not have the bytes that were sent' },
  },
  {
    name: 'an object counts as stored whatever its digest',
    file: 'src/host/transfer/upload.ts',
    find: 'if (found === undefined || found.equals(digest)) continue',
    replace: 'if (found === undefined || found.length === digest.length) continue',
    killedBy: { file: UPLOAD, title: 'removes an object whose digest is not that of what was sent' },
  },
  {
    name: 'parts never grow',
    file: 'src/host/transfer/part-sizes.ts',
    find: '(number) => firstBytes * 2 **',
    replace: '(number) => firstBytes + 0 *',
    killedBy: { file: UPLOAD, title: 'makes parts larger when there are many, up to the largest object' },
  },
  {
    name: 'a download that breaks off ends',
    file: 'src/host/transfer/download.ts',
    find: '        if (at === end) return\n',
    replace: '        return\n',
    killedBy: { file: DOWNLOAD, title: 'takes an early end for a break' },
  },
  {
    name: 'a download starts over after a break',
    file: 'src/host/transfer/download.ts',
    find: 'const next = await open(at)',
    replace: 'const next = await open(start)',
    killedBy: { file: DOWNLOAD, title: 'goes on from the next byte when the stream breaks' },
  },
  {
    name: 'a request does not wait as long as the server asks',
    file: 'src/host/retry.ts',
    find: 'Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)',
    replace: 'Math.min(0, LONGEST_RETRY_AFTER_MS)',
    killedBy: { file: 'test/host/retry.test.ts', title: 'waits as long as the server asks' },
  },
]
