import type { Dump, Engine, Member } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import type { Storage, StoragePlugin } from '../contract/storage.ts'
import type { EngineContribution, StorageContribution } from './contribution.ts'
import { Patience, SCRATCH_TIMES } from './patience.ts'

/** The engine, none of whose calls outlives an abort by long. Only a restore does: it may have to put back what was there. */
export function boundedEngine(contribution: EngineContribution, engine: Engine): Engine {
  const patience = new Patience(contribution)
  return {
    descriptor: engine.descriptor,
    probe: (source, host, scratch) => patience.wait(host, () => engine.probe(source, host, scratch)),
    ...(engine.databases && {
      databases: (source, host) => patience.each(host, (engine as Required<Engine>).databases(source, host)),
    }),
    dump: (request, host) => boundedDump(engine.dump(request, host), patience, host),
    check: (stored, host) => patience.wait(host, () => engine.check(stored, host)),
    prove: (request, host) => patience.wait(host, () => engine.prove(request, host), SCRATCH_TIMES),
    inspect: (target, host) => patience.wait(host, () => engine.inspect(target, host)),
    restore: (request, host) => patience.waitOn(host, () => engine.restore(request, host)),
  }
}

function boundedDump(dump: Dump, patience: Patience, host: Host): Dump {
  async function* members(): AsyncGenerator<Member, void> {
    for await (const member of patience.each(host, dump.members)) {
      yield { ...member, bytes: patience.each(host, member.bytes) }
    }
  }
  return {
    members: members(),
    // Nobody waits for it once the signal has aborted.
    fingerprint: () => dump.fingerprint(),
    [Symbol.asyncDispose]: () => patience.close(host, () => dump[Symbol.asyncDispose]()),
  }
}

/** The storage plugin, none of whose calls outlives an abort by long. */
export function boundedStorage(contribution: StorageContribution, plugin: StoragePlugin): StoragePlugin {
  const patience = new Patience(contribution)
  return {
    descriptor: plugin.descriptor,
    open: async (flags, host) =>
      boundedContainer(await patience.wait(host, () => plugin.open(flags, host)), patience, host),
  }
}

function boundedContainer(storage: Storage, patience: Patience, opener: Host): Storage {
  return {
    name: storage.name,
    label: storage.label,
    address: (key) => storage.address(key),
    probe: (host) => patience.wait(host, () => storage.probe(host)),
    put: (key, body, host) => patience.wait(host, () => storage.put(key, body, host)),
    get: async (key, host, options) =>
      patience.stream(host, await patience.wait(host, () => storage.get(key, host, options))),
    stat: (key, host) => patience.wait(host, () => storage.stat(key, host)),
    list: (prefix, host) => patience.each(host, storage.list(prefix, host)),
    delete: (key, host) => patience.wait(host, () => storage.delete(key, host)),
    unfinished: (prefix, host) => patience.each(host, storage.unfinished(prefix, host)),
    abortUnfinished: (upload, host) => patience.wait(host, () => storage.abortUnfinished(upload, host)),
    [Symbol.asyncDispose]: () => patience.close(opener, () => storage[Symbol.asyncDispose]()),
  }
}
