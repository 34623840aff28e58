import { createHash, randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { Host, MadeObject, Part, PartLimits, Upload, WholeBody } from 'dbvault'
import type { Answer, Body, Bucket } from './bucket.ts'
import { minioError } from './errors.ts'
import { failureOf, RequestFailed } from './failure.ts'
import { head, statOf } from './head.ts'
import { CRC_HEADER, Integrity, type ServerKnowledge } from './integrity.ts'
import { elementOf, escaped, parseXml, textOf, type Xml } from './xml.ts'

const MiB = 1024 ** 2

/** Parts but the last have at least 5 MiB, and there are at most 10,000. */
export const LIMITS: PartLimits = {
  firstBytes: 6 * MiB,
  maxParts: 10_000,
  maxPartBytes: 5 * 1024 * MiB,
  maxBytes: 5 * 1024 ** 2 * MiB,
}

/** In this header each object has a random word, by which its upload knows its own again. */
const NONCE = 'x-amz-meta-dbvault-upload'
const MOST_ABORTS = 3

interface SentPart {
  readonly number: number
  readonly etag: string
  readonly crc: string | undefined
}

export interface UploadPlace {
  readonly bucket: Bucket
  readonly key: string
  readonly server: ServerKnowledge
  readonly host: Host
}

/** The requests that put one object into a bucket. */
export function uploadTo({ bucket, key, server, host }: UploadPlace): Upload<string, SentPart> {
  const nonce = randomUUID()
  const integrity = new Integrity(server)
  const what = bucket.address(key)

  async function asking<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw minioError(error, `${doing} ${what}`, bucket, host)
    }
  }

  const bodyOf = (part: Part): Body => ({
    content: part.content(),
    bytes: part.bytes,
    sha256: part.digest('sha256').toString('hex'),
  })

  return {
    what,
    limits: LIMITS,
    partDigests: [...integrity.partDigests, 'sha256'],
    bodyDigests: integrity.bodyDigests,

    putWhole: (part: Part, signal: AbortSignal) =>
      asking('store', async () => {
        const answer = await integrity.tryWithCrc(mayRefuseCrc, () =>
          bucket.send(
            {
              method: 'PUT',
              key,
              headers: { [NONCE]: nonce, 'if-none-match': '*', ...integrity.ofPart(part) },
              body: bodyOf(part),
            },
            signal,
          ),
        )
        await text(answer.body)
        integrity.learnFrom(answer)
      }),

    begin: (signal: AbortSignal) =>
      asking('begin to store', async () => {
        const answer = await integrity.tryWithCrc(mayRefuseCrc, () => {
          const checksum = { 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'FULL_OBJECT' }
          const headers = { [NONCE]: nonce, ...(integrity.withCrc && checksum) }
          return bucket.send({ method: 'POST', key, query: { uploads: '' }, headers }, signal)
        })
        const result = await resultOf(answer, 'InitiateMultipartUploadResult')
        const id = textOf(result, 'UploadId')
        if (id === undefined) throw host.error('STORAGE_FAILED', `The server gives the upload of ${what} no name`)
        return id
      }),

    sendPart: (uploadId: string, part: Part, signal: AbortSignal) =>
      asking(`send part ${part.number} of`, async () => {
        const query = { partNumber: part.number, uploadId }
        const answer = await bucket.send(
          { method: 'PUT', key, query, headers: integrity.ofPart(part), body: bodyOf(part) },
          signal,
        )
        await text(answer.body)
        integrity.learnFrom(answer)
        return { number: part.number, etag: answer.headers['etag'] ?? '', crc: answer.headers[CRC_HEADER] }
      }),

    finish: (uploadId: string, sent: readonly SentPart[], body: WholeBody, signal: AbortSignal) =>
      asking('finish', async () => {
        const crc = body.digests.crc64nvme?.toString('base64')
        const isChecked = integrity.withCrc && crc !== undefined && sent.every((part) => part.crc !== undefined)
        const answer = await bucket.send(
          {
            method: 'POST',
            key,
            query: { uploadId },
            headers: {
              'if-none-match': '*',
              'content-type': 'application/xml',
              ...(isChecked && {
                'x-amz-checksum-type': 'FULL_OBJECT',
                [CRC_HEADER]: crc,
                'x-amz-mp-object-size': body.bytes,
              }),
            },
            body: xmlBody(partList(sent, isChecked)),
          },
          signal,
        )
        await resultOf(answer, 'CompleteMultipartUploadResult')
      }),

    async made(signal: AbortSignal): Promise<MadeObject | undefined> {
      const found = await head(bucket, key, host, signal)
      if (found?.[NONCE] !== nonce) return undefined
      const crc = found[CRC_HEADER]
      const isOfWhole = crc !== undefined && found['x-amz-checksum-type'] !== 'COMPOSITE' && !crc.includes('-')
      return {
        stat: statOf(key, found, host),
        digests: isOfWhole ? { crc64nvme: Buffer.from(crc, 'base64') } : {},
        ...(found['x-amz-version-id'] !== undefined && { versionId: found['x-amz-version-id'] }),
      }
    },

    // A part that was on its way may arrive after the abort, and is kept then.
    abort: (uploadId: string, signal: AbortSignal) =>
      asking('remove the parts of', async () => {
        for (let round = 0; round < MOST_ABORTS; round++) {
          try {
            const aborted = await bucket.send({ method: 'DELETE', key, query: { uploadId } }, signal)
            await text(aborted.body)
            const left = await bucket.send({ method: 'GET', key, query: { 'max-parts': 1, uploadId } }, signal)
            await text(left.body)
          } catch (error) {
            if (failureOf(error).code === 'NoSuchUpload') return
            throw error
          }
        }
      }),

    remove: (made: MadeObject, signal: AbortSignal) =>
      asking('remove', async () => {
        // Of a bucket that keeps versions, the version itself: nobody is to find it again.
        const { versionId } = made as MadeObject & { readonly versionId?: string }
        const answer = await bucket.send({ method: 'DELETE', key, query: { versionId } }, signal)
        await text(answer.body)
      }),
  }
}

/** The element that an answer has to consist of. An error can stand in an answer that says 200. */
async function resultOf(answer: Answer, name: string): Promise<Xml> {
  const xml = parseXml(await text(answer.body))
  const result = elementOf(xml, name)
  if (result) return result
  const said = elementOf(xml, 'Error') ?? {}
  throw new RequestFailed({
    code: textOf(said, 'Code') ?? '',
    status: answer.status,
    message: textOf(said, 'Message') ?? `no ${name}`,
    headers: answer.headers,
    region: undefined,
  })
}

function partList(sent: readonly SentPart[], isChecked: boolean): string {
  const parts = sent.map(({ number, etag, crc }) => {
    const checksum = isChecked ? `<ChecksumCRC64NVME>${escaped(crc ?? '')}</ChecksumCRC64NVME>` : ''
    return `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag>${checksum}</Part>`
  })
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`
}

function xmlBody(xml: string): Body {
  const content = Buffer.from(xml)
  return { content, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
}

/** What servers answer that know no such header. */
function mayRefuseCrc(error: unknown): boolean {
  const { status, code } = failureOf(error)
  return status === 501 || (status === 400 && /^(Invalid(Request|Argument)|NotImplemented|MalformedXML)$/.test(code))
}
