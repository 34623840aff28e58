import type { Host, StorageProbe } from 'dbvault'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { failureOf } from './failure.ts'

/**
 * Looks at the container and its settings. Whether it may be written to cannot be asked without writing: the first blob of
 * a backup, its marker, tells before anything is dumped.
 */
export async function probe(container: Container, host: Host): Promise<StorageProbe> {
  const what = `azure://${container.name}`
  const notes = await host.retry(what, async () => {
    try {
      const { hasImmutabilityPolicy, hasLegalHold } = await container.ask(host.signal, (abortSignal) =>
        container.client.getProperties({ abortSignal }),
      )
      return [
        ...(hasImmutabilityPolicy ? ['a policy makes its blobs immutable for a time'] : []),
        ...(hasLegalHold ? ['a legal hold keeps its blobs from being deleted'] : []),
      ]
    } catch (error) {
      // A signature may give rights to blobs and none to the container.
      if (failureOf(error).code.startsWith('Authorization')) return ['the settings of the container may not be read']
      throw azureError(error, `open ${what}`, container, host)
    }
  })
  return { writable: true, notes: [...notes, 'Azure removes unfinished uploads after a week'] }
}
