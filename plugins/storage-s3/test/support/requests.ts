import type { SeenRequest } from '../../../../test/support/http-proxy.ts'

/** Which request of S3 one is, by what its URL and headers say. */
export type Step =
  | 'put'
  | 'create'
  | 'part'
  | 'complete'
  | 'abort'
  | 'parts'
  | 'head'
  | 'get'
  | 'delete'
  | 'list'
  | 'uploads'
  | 'other'

export function stepOf({ method, path, query }: SeenRequest): Step {
  const isOfObject = /^\/[^/?]+\/[^?]/.test(path)
  if (method === 'POST' && query.has('uploads')) return 'create'
  if (method === 'POST' && query.has('uploadId')) return 'complete'
  if (method === 'PUT' && query.has('partNumber')) return 'part'
  if (method === 'PUT' && isOfObject) return 'put'
  if (method === 'DELETE') return query.has('uploadId') ? 'abort' : 'delete'
  if (method === 'HEAD') return 'head'
  if (query.has('list-type')) return 'list'
  if (query.has('uploads')) return 'uploads'
  if (query.has('uploadId')) return 'parts'
  return method === 'GET' && isOfObject ? 'get' : 'other'
}

export const is =
  (step: Step, partNumber?: number) =>
  (request: SeenRequest): boolean =>
    stepOf(request) === step && (partNumber === undefined || request.query.get('partNumber') === String(partNumber))

/** S3's way to say what is wrong. */
export function errorBody(code: string, message = 'planted'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
}
