import type { Session } from './session.ts'

/** Functions come in libraries. */
export interface Library {
  readonly name: string
  /** Its source, with the line that names it. */
  readonly code: Buffer
}

/** Undefined where the server knows no functions: before 7.0, or with the command taken away. */
export async function librariesOf(session: Session): Promise<readonly Library[] | undefined> {
  const found = await session.bytes('FUNCTION', 'LIST', 'WITHCODE').catch((error: unknown) => {
    if (error instanceof Error && /unknown command/i.test(error.message)) return undefined
    throw error
  })
  return (found as readonly (readonly unknown[])[] | undefined)?.map((fields) => {
    const valueOf = (name: string): Buffer => fields[fields.findIndex((field) => String(field) === name) + 1] as Buffer
    return { name: String(valueOf('library_name')), code: valueOf('library_code') }
  })
}
