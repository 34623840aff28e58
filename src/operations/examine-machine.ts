import { randomBytes } from 'node:crypto'
import { statfs, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import prettyBytes from 'pretty-bytes'
import { onDisk } from '../storage/disk-error.ts'
import { type DoctorCheck, Examination } from './examination.ts'
import type { OperationContext } from './context.ts'
import { hostFor } from './host-for.ts'

/** Below this much room for temporary files a proof by a restore is likely to fail. */
const LITTLE_ROOM = 1024 ** 3
const TRIAL_BYTES = 1024 * 1024

/** This machine, as far as every backup needs it. */
export async function examineMachine(context: OperationContext): Promise<readonly DoctorCheck[]> {
  const exam = new Examination('machine', 'this machine', context.signal)
  exam.note('Node.js', `${process.version} on ${process.platform} ${process.arch}, ${availableParallelism()} cores`)
  const root = context.tempRoot ?? tmpdir()
  const warnings: string[] = []
  const host = hostFor({ ...context, report: () => {} }, 'doctor', { onWarning: (text) => warnings.push(text) })
  await exam.try('temporary files', async () => {
    await using directory = await host.tempDir()
    const file = join(directory.path, 'trial')
    await onDisk('write to', root, () => writeFile(file, randomBytes(TRIAL_BYTES), { mode: 0o600 }))
    const { bavail, bsize } = await statfs(directory.path)
    const free = bavail * bsize
    if (free < LITTLE_ROOM) warnings.push(`Only ${prettyBytes(free)} are free in ${root}`)
    return `${root}, ${prettyBytes(free)} free`
  })
  for (const warning of warnings) {
    exam.note('temporary files', warning, 'warning', ['Name a directory with more room with --temp-dir.'])
  }
  return exam.checks
}
