import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { BSON, type Document } from 'mongodb'
import { documentOf, elementOf, elements, TYPE } from '../../src/bson/elements.ts'
import { document as build, field, text } from '../../src/bson/build.ts'

/**
 * The smallest server that speaks MongoDB's protocol and does what the tests' real one cannot: it keeps the options of
 * collections, has views, time series and cluster times, and can be told to misbehave. It keeps documents as bytes, in
 * memory, and knows no query but all of them. What it does was taken from MongoDB's manual, not from a MongoDB.
 */
export interface FakeServer extends AsyncDisposable {
  readonly port: number
  readonly databases: Map<string, Map<string, FakeCollection>>
  /** Every command that came, without what the driver sends of its own. */
  readonly commands: Document[]
  /** Called before a command is done: what it returns is the answer. */
  intercept: (command: Document) => Document | undefined
}

export interface FakeCollection {
  type: 'collection' | 'view' | 'timeseries'
  options: Map<string, unknown>
  indexes: Buffer[]
  documents: Buffer[]
  /** What there was before the first write after the cluster time was given out. */
  before?: Buffer[]
}

export interface FakeOptions {
  readonly version?: string
  /** Absent: no replica set. */
  readonly setName?: string
}

interface Request {
  readonly command: Document
  readonly body: Buffer
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>
}

const WIRE: Readonly<Record<string, number>> = { '4.4.0': 9, '6.0.0': 17, '7.0.0': 21, '8.0.0': 25 }
const TIME = new BSON.Timestamp({ t: 1_700_000_000, i: 1 })
const NOW = new BSON.Timestamp({ t: 1_800_000_000, i: 1 })
const IDS = { v: 2, key: { _id: 1 }, name: '_id_' }
const BATCH = 3

export async function startFakeServer({ version = '7.0.0', setName }: FakeOptions = {}): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    serve(socket, (request) => answer(request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const databases: FakeServer['databases'] = new Map()
  const cursors = new Map<bigint, Buffer[]>()
  const commands: Document[] = []
  let lastCursor = 0n

  const database = (name: string): Map<string, FakeCollection> =>
    databases.get(name) ?? new Map<string, FakeCollection>()
  const missing = (): Document => failure(26, 'ns does not exist')

  const give = (
    namespace: string,
    all: readonly Buffer[],
    extra: readonly Buffer[] = [],
    part = 'firstBatch',
  ): Buffer => {
    const [batch, rest] = [all.slice(0, BATCH), all.slice(BATCH)]
    const id = rest.length > 0 ? ++lastCursor : 0n
    if (id > 0n) cursors.set(id, rest)
    const list = build(...batch.map((each, place) => field(TYPE.document, String(place), each)))
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(id)
    const cursor = build(field(TYPE.array, part, list), field(TYPE.int64, 'id', bytes), text('ns', namespace), ...extra)
    return build(field(TYPE.document, 'cursor', cursor), ...okField())
  }

  function answer(request: Request): Buffer {
    const { command } = request
    const name = Object.keys(command)[0] ?? ''
    const own = ['hello', 'ismaster', 'isMaster', 'endSessions', 'buildInfo', 'connectionStatus'].includes(name)
    if (!own) commands.push(command)
    const instead = own ? undefined : api.intercept(command)
    if (instead !== undefined) return asBytes(instead)
    const done = run(name, request)
    return Buffer.isBuffer(done) ? done : asBytes(done)
  }

  function run(name: string, { command, body, sequences }: Request): Document | Buffer {
    const db = String(command['$db'])
    const target = String(command[name])
    const collection = database(db).get(target)
    switch (name) {
      case 'hello':
      case 'ismaster':
      case 'isMaster':
        return {
          ...(setName === undefined ? {} : { setName, hosts: [`127.0.0.1:${port}`], me: `127.0.0.1:${port}` }),
          isWritablePrimary: true,
          helloOk: true,
          maxBsonObjectSize: 16_777_216,
          maxMessageSizeBytes: 48_000_000,
          maxWriteBatchSize: 100_000,
          localTime: new Date(),
          logicalSessionTimeoutMinutes: 30,
          minWireVersion: 0,
          maxWireVersion: WIRE[version] ?? 21,
          ok: 1,
        }
      case 'buildInfo':
        return { version, ok: 1 }
      case 'connectionStatus':
        return { authInfo: { authenticatedUsers: [] }, ok: 1 }
      case 'dbStats':
        return {
          dataSize: [...database(db).values()]
            .flatMap((each) => each.documents)
            .reduce((sum, { length }) => sum + length, 0),
          ok: 1,
        }
      case 'getParameter':
        return { minSnapshotHistoryWindowInSeconds: 300, ok: 1 }
      case 'listDatabases':
        return { databases: [...databases].filter(([, all]) => all.size > 0).map(([each]) => ({ name: each })), ok: 1 }
      case 'listCollections':
        return give(
          `${db}.$cmd.listCollections`,
          [...database(db)].map(([each, { type, options }]) =>
            encode({ name: each, type, options, info: { readOnly: false } }),
          ),
        )
      case 'listIndexes':
        return collection === undefined ? missing() : give(`${db}.${target}`, collection.indexes)
      case 'create': {
        if (collection) return failure(48, 'already exists')
        const options = new Map(
          Object.entries(command).filter(([key]) => key !== 'create' && !key.startsWith('$') && key !== 'lsid'),
        )
        const type = options.has('viewOn') ? 'view' : options.has('timeseries') ? 'timeseries' : 'collection'
        const made: FakeCollection = {
          type,
          options,
          indexes: type === 'collection' ? [encode(IDS)] : [],
          documents: [],
        }
        databases.set(db, database(db).set(target, made))
        if (type === 'timeseries') {
          database(db).set(`system.buckets.${target}`, {
            type: 'collection',
            options: new Map(),
            indexes: [],
            documents: [],
          })
        }
        return { ok: 1 }
      }
      case 'collMod': {
        if (collection === undefined) return missing()
        for (const [key, value] of Object.entries(command)) {
          if (['validator', 'validationLevel', 'validationAction', 'expireAfterSeconds'].includes(key)) {
            collection.options.set(key, value)
          }
        }
        return { ok: 1 }
      }
      case 'createIndexes': {
        if (collection === undefined) return missing()
        const list = documentOf(body, 'indexes') ?? encode({})
        for (const { value } of elements(list)) collection.indexes.push(Buffer.from(value))
        return { ok: 1 }
      }
      case 'insert': {
        const documents = sequences.get('documents') ?? listIn(body, 'documents')
        const keeps = command['bypassEmptyTsReplacement'] === true
        ofCourse(db, target).documents.push(...documents.map((each) => (keeps ? each : withTime(each))))
        return { n: documents.length, ok: 1 }
      }
      case 'update': {
        const updates = sequences.get('updates') ?? listIn(body, 'updates')
        const matched = updates.filter((update) => applyUpdate(db, target, update))
        return { n: matched.length, ok: 1 }
      }
      case 'find': {
        const concern = command['readConcern'] as Document | undefined
        const at = concern?.['level'] === 'snapshot' ? [field(TYPE.timestamp, 'atClusterTime', timeBytes())] : []
        if (at.length > 0)
          for (const all of databases.values()) for (const each of all.values()) each.before ??= [...each.documents]
        const documents = (at.length > 0 ? collection?.before : collection?.documents) ?? []
        return give(`${db}.${target}`, command['singleBatch'] === true ? documents.slice(0, 1) : documents, at)
      }
      case 'getMore': {
        const id = BigInt(String(command['getMore']))
        const rest = cursors.get(id)
        if (rest === undefined) return failure(43, 'cursor id not found')
        cursors.delete(id)
        return give(`${db}.${String(command['collection'])}`, rest, [], 'nextBatch')
      }
      case 'aggregate':
        return give(`${db}.${target}`, [encode({ _id: 1, count: collection?.documents.length ?? 0 })])
      case 'drop':
        database(db).delete(`system.buckets.${target}`)
        return database(db).delete(target) ? { ok: 1 } : missing()
      case 'dropDatabase':
        databases.delete(db)
        return { ok: 1 }
      case 'renameCollection':
        return rename(target, String(command['to']))
      case 'killCursors':
      case 'endSessions':
      case 'refreshSessions':
        return { ok: 1 }
      default:
        return failure(59, `no such command: ${name}`)
    }
  }

  function rename(from: string, to: string): Document {
    const [db, source] = split(from)
    const moved = database(db).get(source)
    const target = split(to)[1]
    if (moved === undefined) return missing()
    if (moved.type !== 'collection') return failure(166, 'cannot rename a view or a time series')
    if (database(db).has(target)) return failure(48, 'target exists')
    database(db).delete(source)
    database(db).set(target, moved)
    return { ok: 1 }
  }

  /** A collection comes with its first document. */
  function ofCourse(db: string, target: string): FakeCollection {
    const made: FakeCollection = { type: 'collection', options: new Map(), indexes: [encode(IDS)], documents: [] }
    const all = database(db).get(target) ?? made
    databases.set(db, database(db).set(target, all))
    return all
  }

  /** A whole document, fields to set, or the pipeline that puts a document back. Whether there was one, or is now. */
  function applyUpdate(db: string, target: string, update: Buffer): boolean {
    const { documents } = ofCourse(db, target)
    const query = Array.from(elements(documentOf(update, 'q') ?? encode({})))
    const place = documents.findIndex((each) =>
      query.every(({ name, value }) => elementOf(each, name)?.value.equals(value)),
    )
    const change = elementOf(update, 'u')
    const [stage] = change?.type === TYPE.array ? elements(change.value) : []
    const literal = stage && documentOf(documentOf(stage.value, '$replaceWith') ?? encode({}), '$literal')
    const set = change?.type === TYPE.document ? documentOf(change.value, '$set') : undefined
    const found = documents[place]
    if (set !== undefined) {
      if (found === undefined) return false
      const names = new Set(Array.from(elements(set), ({ name }) => name))
      const kept = Array.from(elements(found)).filter(({ name }) => !names.has(name))
      documents[place] = build(...[...kept, ...elements(set)].map(({ type, name, value }) => field(type, name, value)))
      return true
    }
    const next = Buffer.from(literal ?? change?.value ?? encode({}))
    if (place < 0) documents.push(next)
    else documents[place] = next
    return true
  }

  const api: FakeServer = {
    port,
    databases,
    commands,
    intercept: () => undefined,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      for (const socket of sockets) socket.destroy()
      server.close()
      await closed
    },
  }
  return api
}

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013

/** Messages have a header of 16 bytes: length, number, number of the message it answers, kind. */
function serve(socket: Socket, answer: (request: Request) => Buffer): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 16 && pending.length >= pending.readInt32LE(0)) {
      const message = pending.subarray(0, pending.readInt32LE(0))
      pending = pending.subarray(message.length)
      const greeting = message.readInt32LE(12) === OP_QUERY
      const body = answer(greeting ? parseQuery(message) : parse(message))
      const header = Buffer.alloc(greeting ? 36 : 21)
      header.writeInt32LE(header.length + body.length, 0)
      header.writeInt32LE(message.readInt32LE(4), 8)
      header.writeInt32LE(greeting ? OP_REPLY : OP_MSG, 12)
      // How many documents the reply has.
      if (greeting) header.writeInt32LE(1, 32)
      socket.write(Buffer.concat([header, body]))
    }
  })
}

/** The driver's first message only. */
function parseQuery(message: Buffer): Request {
  const body = Buffer.from(message.subarray(message.indexOf(0, 20) + 9))
  return { command: BSON.deserialize(body), body, sequences: new Map() }
}

/** OP_MSG: flags, then sections: one body, and sequences of documents. */
function parse(message: Buffer): Request {
  const sequences = new Map<string, Buffer[]>()
  let body = encode({})
  for (let at = 20; at < message.length;) {
    const kind = message.readUInt8(at++)
    const size = message.readInt32LE(at)
    if (kind === 0) body = Buffer.from(message.subarray(at, at + size))
    else {
      const nameEnd = message.indexOf(0, at + 4)
      const documents: Buffer[] = []
      for (let from = nameEnd + 1; from < at + size; from += message.readInt32LE(from)) {
        documents.push(Buffer.from(message.subarray(from, from + message.readInt32LE(from))))
      }
      sequences.set(message.toString('utf8', at + 4, nameEnd), documents)
    }
    at += size
  }
  return { command: BSON.deserialize(body, { promoteValues: true }), body, sequences }
}

function listIn(body: Buffer, name: string): Buffer[] {
  return Array.from(elements(documentOf(body, name) ?? encode({})), ({ value }) => value)
}

/** As servers do that are not told otherwise. */
function withTime(document: Buffer): Buffer {
  return build(
    ...Array.from(elements(document), ({ type, name, value }) =>
      field(
        type,
        name,
        type === TYPE.timestamp && name !== '_id' && value.equals(Buffer.alloc(8)) ? timeBytes(NOW) : value,
      ),
    ),
  )
}

function timeBytes(time = TIME): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(time.i, 0)
  bytes.writeUInt32LE(time.t, 4)
  return bytes
}

function failure(code: number, errmsg: string): Document {
  return { ok: 0, code, codeName: 'Failure', errmsg }
}

function okField(): Buffer[] {
  const one = Buffer.alloc(8)
  one.writeDoubleLE(1)
  return [field(TYPE.double, 'ok', one)]
}

function asBytes(answer: Document): Buffer {
  return encode(answer)
}

function encode(value: Document): Buffer {
  return Buffer.from(BSON.serialize(value))
}

function split(namespace: string): [string, string] {
  const dot = namespace.indexOf('.')
  return [namespace.slice(0, dot), namespace.slice(dot + 1)]
}
