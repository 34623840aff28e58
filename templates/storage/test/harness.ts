import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { testHost, type StorageHarness } from 'dbvault/testing'
import plugin from '../dist/index.js'

/** A new container for each question. */
export const harness: StorageHarness = {
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'template-'))
    return {
      storage: await plugin.open({ folder, key: undefined }, testHost()),
      async strand(key) {
        const path = join(folder, key)
        await mkdir(dirname(path), { recursive: true })
        await writeFile(join(dirname(path), `.partial-${randomUUID()}-${key.split('/').at(-1)}`), 'half')
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  },
  denied: 'a folder asks for no password',
  unreachable: 'a folder is on no server',
}
