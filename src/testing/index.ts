/** For the tests of plugins. Runs under any test runner. */
export { secret } from '../host/secret.ts'
export type { ConformanceCase } from './conformance-case.ts'
export { engineConformance } from './engine-conformance.ts'
export type { EngineHarness, Excuse, SourceFixture, TargetFixture, Writer } from './engine-harness.ts'
export { memoryStorage } from './memory-storage.ts'
export { storageConformance } from './storage-conformance.ts'
export type { StorageFixture, StorageHarness, UnreliableFixture } from './storage-harness.ts'
export { testHost, type TestHost, type TestHostOptions } from './test-host.ts'
