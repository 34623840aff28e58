import { Storage } from '@google-cloud/storage'
import { type GoogleAuth, PassThroughClient } from 'google-auth-library'
import type { Settings } from './settings.ts'

export interface Client {
  /** Where all requests go, and with them the login. */
  readonly origin: string
  readonly auth: GoogleAuth
}

/**
 * The SDK, which finds the credentials and knows where Google is. Requests are made through its authentication, as its own
 * uploads are: whatever is built on top of that sends again, buffers and follows of its own accord.
 */
export function connect({ endpoint, isAnonymous, project }: Settings): Client {
  const storage = new Storage({
    ...(endpoint !== undefined && { apiEndpoint: endpoint }),
    ...(project !== undefined && { projectId: project }),
    ...(isAnonymous && { authClient: new PassThroughClient() }),
    retryOptions: { autoRetry: false, maxRetries: 0 },
  })
  return { origin: new URL(storage.apiEndpoint).origin, auth: storage.authClient }
}
