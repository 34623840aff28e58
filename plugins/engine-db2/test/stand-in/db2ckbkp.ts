/** A stand-in for `db2ckbkp`: `db2ckbkp.ts STATE FILE…`. */
import { readPart } from './image-file.ts'
import { State } from './state.ts'

const [, , directory = '', ...files] = process.argv
const state = new State(directory)
state.log(`db2ckbkp ${files.length}`)
const fault = state.faults['db2ckbkp']

let bad = 0
for (const [place, file] of files.entries()) {
  const sound = readPart(file) !== undefined
  if (!sound) bad++
  process.stdout.write(
    `\n[${place + 1}] Buffers processed:  ###\n${sound ? '' : 'ERROR! The checksum of an object is not right.\n'}`,
  )
}
if (fault?.transcript) {
  process.stdout.write(fault.transcript.output)
  process.exitCode = fault.transcript.code
} else {
  process.stdout.write(
    bad === 0
      ? '\nImage Verification Complete - successful.\n'
      : `\nImage Verification Complete - ERRORS DETECTED: ${bad}\n`,
  )
  process.exitCode = bad === 0 ? 0 : 1
}
