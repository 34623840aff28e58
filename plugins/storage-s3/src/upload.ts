import { randomUUID } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { Host, MadeObject, Part, PartLimits, Upload, WholeBody } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { s3Error } from './errors.ts'
import { failureOf } from './failure.ts'
import { head, statOf } from './head.ts'
import { Integrity, type ServerKnowledge } from './integrity.ts'
import type { ObjectSettings } from './settings.ts'

const MiB = 1024 ** 2

/** Parts but the last have at least 5 MiB, and there are at most 10,000. */
export const LIMITS: PartLimits = {
  firstBytes: 6 * MiB,
  maxParts: 10_000,
  maxPartBytes: 5 * 1024 * MiB,
  maxBytes: 5 * 1024 ** 2 * MiB,
}

/** Under this name each object has a random word among its metadata, by which its upload knows its own again. */
const NONCE = 'dbvault-upload'
const MOST_ABORTS = 3

export interface UploadPlace {
  readonly bucket: Bucket
  readonly key: string
  readonly ofObjects: ObjectSettings
  readonly server: ServerKnowledge
  readonly host: Host
}

/** The requests that put one object into a bucket. */
export function uploadTo({ bucket, key, ofObjects, server, host }: UploadPlace): Upload<string, CompletedPart> {
  const nonce = randomUUID()
  const integrity = new Integrity(server)
  const what = bucket.address(key)
  const ofNew = { ...ofObjects, Metadata: { [NONCE]: nonce } }

  async function asking<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw s3Error(error, `${doing} ${what}`, bucket, host)
    }
  }

  return {
    what,
    limits: LIMITS,
    partDigests: integrity.partDigests,
    bodyDigests: integrity.bodyDigests,

    putWhole: (part: Part, signal: AbortSignal) =>
      asking('store', async () => {
        const answer = await integrity.tryWithCrc(mayRefuseCrc, () =>
          bucket.send(
            PutObjectCommand,
            {
              ...ofNew,
              ...integrity.ofPart(part),
              Key: key,
              Body: part.content(),
              ContentLength: part.bytes,
              IfNoneMatch: '*',
            },
            signal,
          ),
        )
        integrity.learnFrom(answer)
      }),

    begin: (signal: AbortSignal) =>
      asking('begin to store', async () => {
        const { UploadId } = await integrity.tryWithCrc(mayRefuseCrc, () =>
          bucket.send(
            CreateMultipartUploadCommand,
            {
              ...ofNew,
              ...(integrity.withCrc && { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' }),
              Key: key,
            },
            signal,
          ),
        )
        if (UploadId === undefined) throw host.error('STORAGE_FAILED', `The server gives the upload of ${what} no name`)
        return UploadId
      }),

    sendPart: (UploadId: string, part: Part, signal: AbortSignal) =>
      asking(`send part ${part.number} of`, async () => {
        const request = {
          Key: key,
          UploadId,
          PartNumber: part.number,
          Body: part.content(),
          ContentLength: part.bytes,
          ...integrity.ofPart(part),
        }
        const answer = await bucket.send(UploadPartCommand, request, signal)
        integrity.learnFrom(answer)
        const { ETag, ChecksumCRC64NVME } = answer
        return { PartNumber: part.number, ETag, ChecksumCRC64NVME }
      }),

    finish: (UploadId: string, sent: readonly CompletedPart[], body: WholeBody, signal: AbortSignal) =>
      asking('finish', async () => {
        const crc = body.digests.crc64nvme?.toString('base64')
        const isChecked = integrity.withCrc && crc !== undefined && sent.every((part) => part.ChecksumCRC64NVME)
        await bucket.send(
          CompleteMultipartUploadCommand,
          {
            Key: key,
            UploadId,
            IfNoneMatch: '*',
            MultipartUpload: { Parts: [...sent] },
            ...(isChecked && { ChecksumType: 'FULL_OBJECT', ChecksumCRC64NVME: crc, MpuObjectSize: body.bytes }),
          },
          signal,
        )
      }),

    async made(signal: AbortSignal): Promise<MadeObject | undefined> {
      const found = await head(bucket, key, host, signal)
      if (found?.Metadata?.[NONCE] !== nonce) return undefined
      const { ChecksumCRC64NVME: crc, ChecksumType } = found
      const isOfWhole = crc !== undefined && ChecksumType !== 'COMPOSITE' && !crc.includes('-')
      return {
        stat: statOf(key, found, host),
        digests: isOfWhole ? { crc64nvme: Buffer.from(crc, 'base64') } : {},
        ...(found.VersionId !== undefined && { versionId: found.VersionId }),
      }
    },

    // A part that was on its way may arrive after the abort, and is kept then.
    abort: (UploadId: string, signal: AbortSignal) =>
      asking('remove the parts of', async () => {
        for (let round = 0; round < MOST_ABORTS; round++) {
          try {
            await bucket.send(AbortMultipartUploadCommand, { Key: key, UploadId }, signal)
            await bucket.send(ListPartsCommand, { Key: key, UploadId, MaxParts: 1 }, signal)
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
        await bucket.send(DeleteObjectCommand, { Key: key, ...(versionId && { VersionId: versionId }) }, signal)
      }),
  }
}

/** What servers answer that know no such header. */
function mayRefuseCrc(error: unknown): boolean {
  const { status, code } = failureOf(error)
  return status === 501 || (status === 400 && /^(Invalid(Request|Argument)|NotImplemented|MalformedXML)$/.test(code))
}
