import prettyBytes from 'pretty-bytes'
import type { Engine, Probe, ScratchChoice, Source } from '../contract/engine.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type DoctorCheck, Examination } from './examination.ts'
import type { OperationContext } from './context.ts'
import { hostFor } from './host-for.ts'
import { retrying } from './retry.ts'

/** One source: is it there, may all of it be read, with which programs, and can a restore be tried. */
export async function examineSource(
  engine: Engine,
  source: Source,
  scratch: ScratchChoice,
  context: OperationContext,
): Promise<readonly DoctorCheck[]> {
  const subject = `${engine.descriptor.name} ${source.database}`.trimEnd()
  const exam = new Examination('source', subject, context.signal)
  const onWarning = (message: string): void => exam.note('warning', message, 'warning')
  const quiet = { ...context, report: () => {} }
  const host = hostFor(quiet, subject, { onWarning, secrets: [source.password, source.url, scratch.url] })
  let found: Probe | undefined
  await exam.try('login', async () => {
    const probe = await retrying('opening the source', subject, context, () => engine.probe(source, host, scratch))
    found = probe
    const about = probe.bytes === undefined ? '' : `, a dump of about ${prettyBytes(probe.bytes)}`
    return `${probe.label}: ${probe.product} ${probe.version}${about}`
  })
  if (!found) {
    for (const name of ['completeness', 'proof'])
      exam.note(name, 'not tried: nothing is known of the source', 'not tried')
    return exam.checks
  }
  for (const [tool, version] of Object.entries(found.tools ?? {})) exam.note('program', `${tool} ${version}`)
  if (found.consistency === 'none') exam.note('moment', 'not all of a dump is from one point in time', 'warning')
  for (const { severity, message, fixes = [] } of found.findings) {
    if (severity === 'warning') exam.note('warning', message, 'warning', fixes)
    else
      exam.fail(
        'completeness',
        new DbvaultError('DUMP_INCOMPLETE', `A dump would lack something: ${message}`, { hints: fixes }),
      )
  }
  if (found.findings.every(({ severity }) => severity !== 'incomplete'))
    exam.note('completeness', 'all of it can be read')
  if (found.scratch.possible) exam.note('proof', 'a restore can be tried')
  else {
    const { why, hints } = found.scratch
    exam.fail('proof', new DbvaultError('PROOF_UNAVAILABLE', `A restore cannot be tried here: ${why}`, { hints }))
  }
  return exam.checks
}
