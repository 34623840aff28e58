import type { SeenRequest } from '../../../../test/support/http-proxy.ts'

/** Which request of the service one is, by what its URL and headers say. */
export type Step = 'put' | 'block' | 'commit' | 'head' | 'get' | 'delete' | 'list' | 'other'

export function stepOf({ method, query }: SeenRequest): Step {
  const comp = query.get('comp')
  if (method === 'PUT' && comp === 'block') return 'block'
  if (method === 'PUT' && comp === 'blocklist') return 'commit'
  if (method === 'PUT' && comp === null) return 'put'
  if (method === 'HEAD') return 'head'
  if (method === 'DELETE') return 'delete'
  if (comp === 'list') return 'list'
  return method === 'GET' && comp === null ? 'get' : 'other'
}

export const is =
  (...steps: readonly Step[]) =>
  (request: SeenRequest): boolean =>
    steps.includes(stepOf(request))
