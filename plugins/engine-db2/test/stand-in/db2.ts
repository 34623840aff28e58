/**
 * A stand-in for `db2`, the command line processor: `db2.ts STATE -s -t +p`. It reads statements from stdin, does what
 * they say to the databases of its state, and answers as IBM documents it.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { Execution } from './execute.ts'
import { State } from './state.ts'

const [, , directory = '', ...options] = process.argv
const state = new State(directory)
const instance = process.env['DB2INSTANCE'] ?? ''
state.log(`db2 ${options.join(' ')} as ${process.getuid?.()} of ${instance}, stdin ${readlinkSync('/proc/self/fd/0')}`)

const execution = new Execution(state, instance)
let code = 0
process.stdout.write('(c) Not IBM\nCommand Line Processor, a stand-in\n\n')
for (const statement of readFileSync(0, 'utf8').split(/;\n/)) {
  if (statement.trim() === '') continue
  state.log(statement.replaceAll(/ USING "[^"]*"/g, ' USING …'))
  const answer = execution.run(statement)
  process.stdout.write(answer.output)
  code |= answer.code
  if (answer.code >= 8 || (answer.code >= 4 && options.includes('-s'))) break
}
process.exitCode = code
