import type { BlobGetPropertiesResponse } from '@azure/storage-blob'
import type { Host, ObjectStat } from 'dbvault'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { failureOf } from './failure.ts'

/** What the service knows of a blob; undefined if it is absent for certain. One attempt. */
export async function head(
  container: Container,
  key: string,
  host: Host,
  signal: AbortSignal,
): Promise<BlobGetPropertiesResponse | undefined> {
  try {
    return await container.ask(signal, (abortSignal) => container.blob(key).getProperties({ abortSignal }))
  } catch (error) {
    if (failureOf(error).code === 'BlobNotFound') return undefined
    throw azureError(error, `look at ${container.address(key)}`, container, host)
  }
}

interface Described {
  readonly contentLength?: number | undefined
  readonly lastModified?: Date | undefined
  readonly etag?: string | undefined
}

export function statOf(key: string, { contentLength, lastModified, etag }: Described, host: Host): ObjectStat {
  if (contentLength === undefined || lastModified === undefined) {
    throw host.error('STORAGE_FAILED', `The server does not tell the size and the time of ${key}`)
  }
  return {
    key,
    bytes: contentLength,
    modifiedAt: lastModified,
    // A header has it in quotes, a listing has not.
    ...(etag !== undefined && { version: etag.replaceAll('"', '') }),
  }
}
