import { memoryStorage, storageConformance } from '../../src/testing/index.ts'
import { itConforms } from './conformance.ts'

describe('memory storage', () => {
  itConforms(
    storageConformance({
      open: async () => ({ storage: memoryStorage(), [Symbol.asyncDispose]: async () => {} }),
      denied: 'it has no credentials',
      unreachable: 'it has no server',
      unreliable: 'it has no server',
    }),
  )
})
