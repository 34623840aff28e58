import type { Host } from 'dbvault'
import type { Client } from './client.ts'

/** Makes the folders that keys lie in, each once: side by side, a server would find itself locked. */
export class Folders {
  readonly #client: Client
  readonly #made = new Map<string, Promise<number>>()

  constructor(client: Client) {
    this.#client = client
  }

  /** Those above a key, from the container on. */
  async make(key: string, host: Host): Promise<void> {
    host.signal.throwIfAborted()
    const parts = key.split('/')
    for (let depth = 0; depth < parts.length; depth += 1) await this.#one(parts.slice(0, depth).join('/'), host)
  }

  /** Somebody may have removed them. */
  forget(): void {
    this.#made.clear()
  }

  #one(folder: string, host: Host): Promise<number> {
    const doing = `make the folder ${folder}`
    // One that is there is refused with 405.
    const request = { method: 'MKCOL', key: folder, also: [405], signal: host.signal } as const
    const making = this.#made.get(folder) ?? host.retry(doing, () => this.#client.tell(doing, request, host))
    this.#made.set(folder, making)
    making.catch(() => this.#made.delete(folder))
    return making
  }
}
