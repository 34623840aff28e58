import type { SeenRequest } from '../../../../test/support/http-proxy.ts'

/** Which request of the storage one is, by what its URL and headers say. */
export type Step =
  | 'put'
  | 'begin'
  | 'part'
  | 'finish'
  | 'how far'
  | 'give up'
  | 'head'
  | 'get'
  | 'delete'
  | 'list'
  | 'other'

export function stepOf({ method, path, query, headers }: SeenRequest): Step {
  if (path.startsWith('/upload/')) {
    if (method === 'POST') return query.get('uploadType') === 'resumable' ? 'begin' : 'put'
    if (method === 'DELETE') return 'give up'
    const range = headers['content-range'] ?? ''
    if (range.startsWith('bytes */')) return 'how far'
    return range.endsWith('/*') ? 'part' : 'finish'
  }
  if (/^\/storage\/v1\/b\/[^/]+\/o(\?|$)/.test(path)) return 'list'
  if (!/^\/storage\/v1\/b\/[^/]+\/o\//.test(path)) return 'other'
  if (method === 'DELETE') return 'delete'
  return query.get('alt') === 'media' ? 'get' : 'head'
}

/** @param from with which byte a part begins */
export const is =
  (step: Step, from?: number) =>
  (request: SeenRequest): boolean =>
    stepOf(request) === step &&
    (from === undefined || (request.headers['content-range'] ?? '').startsWith(`bytes ${from}-`))

/** Google's way to say what is wrong. */
export function errorBody(reason: string, code = 400, message = 'planted'): string {
  return JSON.stringify({ error: { code, message, errors: [{ domain: 'global', reason, message }] } })
}
