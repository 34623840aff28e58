import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { errorBody } from './requests.ts'

const UNIT = 256 * 1024

/**
 * In front of fake-gcs-server: what that lacks or has wrong of Google's documents. It ends a resumable upload when it is asked
 * how far that got, takes chunks in any order, and knows no pages. Everything else is passed on.
 */
export interface GcsFront extends AsyncDisposable {
  readonly url: string
  /** Whether an upload to a bucket was begun, and neither ended nor given up. */
  isOpen(bucket: string): boolean
  readonly settings: {
    /** How many objects a page has. */
    pageSize: number
    /** Of the next chunk only so many bytes are taken, as Google may do; a multiple of 256 KiB. */
    takeOnly: number | undefined
  }
}

interface Session {
  readonly path: string
  readonly resource: string
  readonly name: string
  bytes: Buffer
  ended: { readonly status: number; readonly body: string } | undefined
}

export async function startGcsFront(server: string): Promise<GcsFront> {
  const sessions = new Map<string, Session>()
  const settings: GcsFront['settings'] = { pageSize: 1000, takeOnly: undefined }
  const listener = createServer((incoming, outgoing) => {
    incoming.on('error', () => {})
    handle(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error))
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '', 'http://front')
    const id = url.searchParams.get('upload_id')
    if (id !== null) return onSession(id, incoming, outgoing)
    if (url.searchParams.get('uploadType') === 'resumable') return begin(url, incoming, outgoing)
    if (incoming.method === 'GET' && url.pathname.endsWith('/o')) return list(url, outgoing)
    const body = await buffer(incoming)
    const { host: _, connection: __, 'content-length': ___, ...headers } = incoming.headers
    const answer = await fetch(`${server}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    })
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()))
  }

  async function begin(url: URL, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const resource = (await buffer(incoming)).toString()
    const { name } = JSON.parse(resource) as { name: string }
    const path = url.pathname
    const there = await fetch(`${server}${path.replace('/upload', '')}/${encodeURIComponent(name)}`)
    const list = await fetch(`${server}${path.replace('/upload', '')}`)
    if (list.status === 404) return refuse(outgoing, 404, 'notFound', 'The specified bucket does not exist.')
    if (there.ok && url.searchParams.get('ifGenerationMatch') === '0') return refuse(outgoing, 412, 'conditionNotMet')
    const id = randomBytes(8).toString('hex')
    sessions.set(id, { path, resource, name, bytes: Buffer.alloc(0), ended: undefined })
    const location = `https://storage.googleapis.com${path}?uploadType=resumable&upload_id=${id}`
    outgoing.writeHead(200, { location }).end()
  }

  async function onSession(id: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const session = sessions.get(id)
    if (session === undefined) return refuse(outgoing, 404, 'notFound')
    if (incoming.method === 'DELETE') {
      sessions.delete(id)
      return void outgoing.writeHead(499).end()
    }
    const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(incoming.headers['content-range'] ?? '') ?? []
    const { bytes, isWhole } = await asFarAsItComes(incoming)
    if (!session.ended && from !== undefined && !take(session, bytes, Number(from), total, isWhole)) {
      return refuse(outgoing, 400, 'invalid')
    }
    if (!session.ended && total === String(session.bytes.length)) {
      session.ended = await end(session, incoming.headers['x-goog-hash'])
    }
    if (session.ended) return void outgoing.writeHead(session.ended.status).end(session.ended.body)
    const got = session.bytes.length
    outgoing.writeHead(308, got > 0 ? { range: `bytes=0-${got - 1}` } : {}).end()
  }

  /** False where they have to be refused. */
  function take(session: Session, bytes: Buffer, from: number, total: string | undefined, isWhole: boolean): boolean {
    if (from > session.bytes.length || (isWhole && total === '*' && bytes.length % UNIT !== 0)) return false
    const limit = settings.takeOnly ?? (isWhole ? bytes.length : bytes.length - (bytes.length % UNIT))
    settings.takeOnly = undefined
    const fresh = bytes.subarray(session.bytes.length - from, limit)
    session.bytes = Buffer.concat([session.bytes, fresh])
    return true
  }

  async function end(session: Session, hash: string | string[] | undefined): Promise<Session['ended']> {
    const crc32c = /crc32c=([^,]+)/.exec(String(hash ?? ''))?.[1]
    const resource = { ...(JSON.parse(session.resource) as object), ...(crc32c && { crc32c }) }
    const body = Buffer.concat([
      Buffer.from(`--x\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(resource)}\r\n`),
      Buffer.from(`--x\r\ncontent-type: application/octet-stream\r\n\r\n`),
      session.bytes,
      Buffer.from('\r\n--x--\r\n'),
    ])
    const answer = await fetch(`${server}${session.path}?uploadType=multipart&ifGenerationMatch=0`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/related; boundary=x' },
      body: new Uint8Array(body),
    })
    return { status: answer.status, body: await answer.text() }
  }

  async function list(url: URL, outgoing: ServerResponse): Promise<void> {
    const answer = await fetch(
      `${server}${url.pathname}?prefix=${encodeURIComponent(url.searchParams.get('prefix') ?? '')}`,
    )
    const found = (await answer.json()) as { items?: unknown[] }
    const start = Number(Buffer.from(url.searchParams.get('pageToken') ?? '', 'base64url').toString() || 0)
    const { items = [] } = found
    const next = start + settings.pageSize
    const nextPageToken = next < items.length ? Buffer.from(String(next)).toString('base64url') : undefined
    outgoing
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...found, ...(answer.ok && { items: items.slice(start, next), nextPageToken }) }))
  }

  return {
    isOpen: (bucket) => [...sessions.values()].some(({ path, ended }) => path.includes(`/${bucket}/`) && !ended),
    settings,
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(listener, 'close')
      listener.close()
      listener.closeAllConnections()
      await closed
    },
  }
}

/** What comes of a body, be it cut. */
async function asFarAsItComes(incoming: IncomingMessage): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), isWhole: true }
  } catch {
    return { bytes: Buffer.concat(chunks), isWhole: false }
  }
}

function refuse(outgoing: ServerResponse, status: number, reason: string, message?: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(errorBody(reason, status, message))
}
