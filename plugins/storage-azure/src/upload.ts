import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Host, MadeObject, Part, PartLimits, Upload } from 'dbvault'
import type { Container } from './container.ts'
import { blockId, ownerOf } from './block-id.ts'
import { discardBlocks } from './discard-blocks.ts'
import { azureError } from './errors.ts'
import { head, statOf } from './head.ts'
import type { Settings } from './settings.ts'
import { uncommitted } from './uncommitted.ts'

const MiB = 1024 ** 2

/** A blob has at most 50,000 blocks of at most 4,000 MiB; 4.75 TiB are what every version of the service takes. */
export const LIMITS: PartLimits = {
  firstBytes: 6 * MiB,
  maxParts: 50_000,
  maxPartBytes: 4000 * MiB,
  maxBytes: 4.75 * 1024 ** 2 * MiB,
}

/** Under this name each blob has a random word among its metadata, by which its upload knows its own again. */
const NONCE = 'dbvaultupload'

/** A block whose request was given up may still come in, within about this time. */
const ARRIVES_MS = 500
const LOOKS = 3

export interface UploadPlace {
  readonly container: Container
  readonly key: string
  readonly tier: Settings['tier']
  readonly host: Host
}

/** The requests that put one blob into a container. */
export function uploadTo({ container, key, tier, host }: UploadPlace): Upload<string, string> {
  const nonce = randomUUID()
  const what = container.address(key)
  const blob = container.blob(key)
  const ofNew = {
    metadata: { [NONCE]: nonce },
    conditions: { ifNoneMatch: '*' },
    blobHTTPHeaders: { blobContentType: 'application/octet-stream' },
    ...(tier !== undefined && { tier }),
  }

  async function asking<T>(
    doing: string,
    signal: AbortSignal,
    request: (abortSignal: AbortSignal) => Promise<T>,
    bytes = 0,
  ): Promise<T> {
    try {
      return await container.ask(signal, request, bytes)
    } catch (error) {
      throw azureError(error, `${doing} ${what}`, container, host)
    }
  }

  return {
    what,
    limits: LIMITS,
    // The service compares it with what has come in.
    partDigests: ['md5'],
    bodyDigests: [],

    async putWhole(part: Part, signal: AbortSignal): Promise<void> {
      const transactionalContentMD5 = part.digest('md5')
      await asking(
        'store',
        signal,
        (abortSignal) =>
          blob.upload(bodyOf(part), part.bytes, {
            ...ofNew,
            blobHTTPHeaders: { ...ofNew.blobHTTPHeaders, blobContentMD5: transactionalContentMD5 },
            transactionalContentMD5,
            abortSignal,
          }),
        part.bytes,
      )
    },

    // Blocks need no beginning. What is known of them until they are a blob are their names.
    begin: async () => nonce,

    async sendPart(upload: string, part: Part, signal: AbortSignal): Promise<string> {
      const id = blockId(upload, part.number)
      const transactionalContentMD5 = part.digest('md5')
      await asking(
        `send part ${part.number} of`,
        signal,
        (abortSignal) => blob.stageBlock(id, bodyOf(part), part.bytes, { transactionalContentMD5, abortSignal }),
        part.bytes,
      )
      return id
    },

    async finish(_upload: string, sent: readonly string[], _body, signal: AbortSignal): Promise<void> {
      await asking('finish', signal, (abortSignal) => blob.commitBlockList([...sent], { ...ofNew, abortSignal }))
    },

    async made(signal: AbortSignal): Promise<MadeObject | undefined> {
      const found = await head(container, key, host, signal)
      if (found?.metadata?.[NONCE] !== nonce) return undefined
      const { etag } = found
      return { stat: statOf(key, found, host), digests: {}, ...(etag !== undefined && { etag }) }
    },

    async abort(upload: string, signal: AbortSignal): Promise<void> {
      for (let look = 1; ; look++) {
        const blocks = await uncommitted(container, key, host, signal)
        if (look > 1 && blocks.length === 0) return
        if (look > LOOKS || blocks.some(({ name }) => ownerOf(name) !== upload)) {
          const why = look > LOOKS ? 'they keep coming in' : 'blocks of another upload lie there too'
          throw host.error('STORAGE_FAILED', `Cannot remove what is unfinished of ${what}: ${why}`)
        }
        await discardBlocks(container, key, host, signal)
        await delay(ARRIVES_MS, undefined, { signal })
      }
    },

    async remove(made: MadeObject, signal: AbortSignal): Promise<void> {
      const { etag } = made as MadeObject & { readonly etag?: string }
      await asking('remove', signal, (abortSignal) =>
        blob.deleteIfExists({
          abortSignal,
          deleteSnapshots: 'include',
          ...(etag && { conditions: { ifMatch: etag } }),
        }),
      )
    },
  }
}

function bodyOf(part: Part): Buffer | (() => NodeJS.ReadableStream) {
  const content = part.content()
  return Buffer.isBuffer(content) ? content : () => content
}
