import { randomUUID } from 'node:crypto'
import type { Host, MadeObject, Part, PartLimits, Upload, WholeBody } from 'dbvault'
import type { Bucket, Request } from './bucket.ts'
import { EXISTS, gcpError } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, statOf } from './head.ts'
import { Session, SessionGone } from './session.ts'
import type { ObjectSettings } from './settings.ts'

const MiB = 1024 ** 2

/** Pieces of one upload, which ends with 5 TiB; there may be as many as it takes. */
export const LIMITS: PartLimits = {
  firstBytes: 8 * MiB,
  maxParts: Number.POSITIVE_INFINITY,
  maxPartBytes: 8 * MiB,
  maxBytes: 5 * 1024 ** 2 * MiB,
}

/** Under this name each object has a random word among its metadata, by which its upload knows its own again. */
const NONCE = 'dbvault-upload'
const CONTENT_TYPE = 'application/octet-stream'

export interface UploadPlace {
  readonly bucket: Bucket
  readonly key: string
  readonly ofObjects: ObjectSettings
  readonly host: Host
}

/** The requests that put one object into a bucket. */
export function uploadTo({ bucket, key, ofObjects, host }: UploadPlace): Upload<Session, void> {
  const nonce = randomUUID()
  const what = bucket.address(key)
  const { storageClass, kmsKey } = ofObjects
  const resource = { name: key, contentType: CONTENT_TYPE, storageClass, metadata: { [NONCE]: nonce } }
  /** Generation 0 is none: the server itself refuses to replace an object. */
  const query = { ifGenerationMatch: '0', kmsKeyName: kmsKey }

  /** @param of what a 404 says is absent */
  async function asking<T>(doing: string, request: () => Promise<T>, of?: 'bucket'): Promise<T> {
    try {
      return await request()
    } catch (error) {
      const isGone = error instanceof SessionGone
      if (isGone)
        throw host.error('STORAGE_FAILED', `Cannot ${doing} ${what}: its upload is gone, or older than a week`)
      throw gcpError(error, `${doing} ${what}`, bucket, host, of)
    }
  }

  const made = async (signal: AbortSignal): Promise<MadeObject | undefined> => {
    const found = await head(bucket, key, host, signal)
    if (found?.metadata?.[NONCE] !== nonce) return undefined
    const { crc32c } = found
    return {
      stat: statOf(key, found, what, host),
      digests: typeof crc32c === 'string' ? { crc32c: Buffer.from(crc32c, 'base64') } : {},
    }
  }

  /** With its generation, so that nothing else is removed, and nothing is kept as an old version. */
  const remove = ({ stat }: MadeObject, signal: AbortSignal): Promise<void> =>
    asking('remove', async () => {
      const ofVersion = { method: 'DELETE', path: bucket.pathOf(key), query: { generation: stat.version } } as const
      try {
        await bucket.send(ofVersion, signal)
      } catch (error) {
        if (failureOf(error).status !== 404) throw error
      }
    })

  return {
    what,
    limits: LIMITS,
    partDigests: ['crc32c'],
    bodyDigests: ['crc32c'],
    // They are one stream: each begins where the last one has ended.
    inFlight: 1,
    made,
    remove,

    async putWhole(part: Part, signal: AbortSignal): Promise<void> {
      const boundary = randomUUID()
      const described = { ...resource, crc32c: part.digest('crc32c').toString('base64') }
      const request: Request = {
        method: 'POST',
        path: bucket.uploadPath,
        query: { uploadType: 'multipart', ...query },
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
        body: related(boundary, JSON.stringify(described), bytesOf(part)),
      }
      await asking('store', () => bucket.send(request, signal), 'bucket')
    },

    async begin(signal: AbortSignal): Promise<Session> {
      const request: Request = {
        method: 'POST',
        path: bucket.uploadPath,
        query: { uploadType: 'resumable', ...query },
        headers: { 'content-type': 'application/json', 'x-upload-content-type': CONTENT_TYPE },
        body: JSON.stringify(resource),
      }
      const { headers } = await asking('begin to store', () => bucket.send(request, signal), 'bucket')
      const location = headers.get('location')
      if (location !== null && URL.canParse(location, 'http://server')) return new Session(bucket, what, host, location)
      throw host.error('STORAGE_FAILED', `The server gives the upload of ${what} no place`)
    },

    sendPart: (session: Session, part: Part, signal: AbortSignal) =>
      asking(`send part ${part.number} of`, () => session.send(bytesOf(part), part.start, part.last, signal)),

    finish: (session: Session, _sent: readonly void[], body: WholeBody, signal: AbortSignal) =>
      asking('finish', async () => {
        try {
          await session.finish(body.digests.crc32c, signal)
        } catch (error) {
          // Ended by an attempt whose answer was lost. Whether by an object of ours or by a refusal, the core looks.
          if (!(error instanceof SessionGone) || !(await head(bucket, key, host, signal))) throw error
          throw host.error('OBJECT_EXISTS', `Cannot store ${what}: ${EXISTS.why}`)
        }
      }),

    async abort(session: Session, signal: AbortSignal): Promise<void> {
      await asking('give up the upload of', () => session.abort(signal))
      // A server that has made half of it an object, unasked.
      const early = session.hasEnded ? await made(signal) : undefined
      if (early) await remove(early, signal)
    },
  }
}

/** What an object is and what is in it, in one body. */
function related(boundary: string, described: string, bytes: Buffer): Buffer {
  const heads = [
    `--${boundary}\r\ncontent-type: application/json\r\n\r\n${described}\r\n`,
    `--${boundary}\r\ncontent-type: ${CONTENT_TYPE}\r\n\r\n`,
  ]
  return Buffer.concat([Buffer.from(heads.join('')), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

/** In memory: parts never grow. */
function bytesOf(part: Part): Buffer {
  const content = part.content()
  if (Buffer.isBuffer(content)) return content
  throw new TypeError('a part of 8 MiB came as a stream')
}
