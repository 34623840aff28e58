import type { SeenRequest } from '../../../../test/support/http-proxy.ts'

type Step = 'put' | 'create' | 'part' | 'complete' | 'abort' | 'head' | 'get' | 'list' | 'other'

function stepOf({ method, path, query }: SeenRequest): Step {
  if (method === 'POST') return query.has('uploads') ? 'create' : 'complete'
  if (method === 'PUT') return query.has('partNumber') ? 'part' : 'put'
  if (method === 'DELETE') return query.has('uploadId') ? 'abort' : 'other'
  if (method === 'HEAD') return 'head'
  if (query.has('list-type')) return 'list'
  return method === 'GET' && /^\/[^/?]+\/[^?]/.test(path) && !query.has('uploadId') ? 'get' : 'other'
}

export const is =
  (step: Step, partNumber?: number) =>
  (request: SeenRequest): boolean =>
    stepOf(request) === step && (partNumber === undefined || request.query.get('partNumber') === String(partNumber))

export const makesAnObject = (request: SeenRequest): boolean => ['put', 'complete'].includes(stepOf(request))

/** The server's way to say what is wrong. */
export function errorBody(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>planted</Message></Error>`
}
