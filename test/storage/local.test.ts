import { mkdtempSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { localStorage } from '../../src/storage/local.ts'
import { partialName } from '../../src/storage/partial-name.ts'
import { storageConformance } from '../../src/testing/index.ts'
import { itConforms } from '../testing/conformance.ts'

describe('local storage', () => {
  itConforms(
    storageConformance({
      open: async () => {
        const root = mkdtempSync(join(tmpdir(), 'local-test-'))
        return {
          storage: localStorage(root),
          async strand(key) {
            const path = join(root, key)
            await mkdir(dirname(path), { recursive: true })
            await writeFile(join(dirname(path), partialName(key.split('/').at(-1) as string)), 'half')
          },
          [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
        }
      },
      denied: 'a directory has no credentials; without rights it is asked below',
      unreachable: 'a directory has no server',
      unreliable: 'a directory has no server',
    }),
  )
})
