const SANDBOX = Buffer.from('/*M!999999')
const LONGEST = 200

/**
 * Leaves out the first line with which newer programs of MariaDB forbid the client to run commands: other clients stop
 * at it. What it forbids, our restore forbids anyway.
 */
export async function* withoutSandboxLine(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of input) {
    if (start === undefined) {
      yield chunk
      continue
    }
    start = Buffer.concat([start, chunk])
    const end = start.indexOf('\n')
    if (end < 0 && start.length < LONGEST) continue
    yield start.subarray(0, SANDBOX.length).equals(SANDBOX) ? start.subarray(end + 1) : start
    start = undefined
  }
  if (start !== undefined && start.length > 0) yield start
}
