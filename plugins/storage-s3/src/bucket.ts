import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3'
import type { Settings } from './settings.ts'

type RequestClass<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = new (
  input: Input,
) => $Command<Input, Output, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>

/** What the bucket itself adds to each request. */
type Added = 'Bucket' | 'ExpectedBucketOwner'

/** Makes requests to one bucket. The account that has to own it goes with every one of them, since no other way is safe. */
export class Bucket {
  readonly name: string
  readonly owner: string | undefined
  readonly #client: S3Client

  constructor(client: S3Client, { bucket, owner }: Pick<Settings, 'bucket' | 'owner'>) {
    this.#client = client
    this.name = bucket
    this.owner = owner
  }

  address(key: string): string {
    return `s3://${[this.name, ...key.split('/')].map(encodeURIComponent).join('/')}`
  }

  /** Makes a request once. @throws what the SDK throws; on abort, the signal's reason */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    Request: RequestClass<Input, Output>,
    input: Omit<Input, Added>,
    signal: AbortSignal,
  ): Promise<Output> {
    signal.throwIfAborted()
    const owned = { ...input, Bucket: this.name, ...(this.owner !== undefined && { ExpectedBucketOwner: this.owner }) }
    try {
      // Looking for credentials can ask programs and the network, and hears no signal.
      await untilAborted(this.#client.config.credentials(), signal)
      return await this.#client.send(new Request(owned as unknown as Input), { abortSignal: signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }

  close(): void {
    this.#client.destroy()
  }
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
