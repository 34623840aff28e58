import type { Mutant } from '../mutant.ts'

const RUN = 'test/host/run-tool.test.ts'
const FEED = 'test/host/feed-tool.test.ts'
const TEMP = 'test/host/temp-dir.test.ts'

/** The programs of others, and what a run leaves on this machine. */
export const TOOLS: readonly Mutant[] = [
  {
    name: 'the exit status of a program is ignored',
    file: 'src/host/tool-process.ts',
    find: 'if (code === 0) resolve()',
    replace: 'if (code === 0 || signal === null) resolve()',
    killedBy: { file: RUN, title: 'throws TOOL_FAILED after all output when the exit code is not 0' },
  },
  {
    name: 'the signal that ended a program is ignored',
    file: 'src/host/tool-process.ts',
    find: 'if (code === 0) resolve()',
    replace: 'if (code === 0 || signal !== null) resolve()',
    killedBy: { file: RUN, title: 'throws TOOL_FAILED when the program is ended by a signal' },
  },
  {
    name: 'a program inherits the whole environment',
    file: 'src/host/tool-process.ts',
    find: "...(process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] }), ...call.env",
    replace: '...process.env, ...call.env',
    killedBy: { file: RUN, title: 'gives the program PATH and what the call names' },
  },
  {
    name: 'an error quotes a secret that a program printed',
    file: 'src/host/stderr-tail.ts',
    find: "redact(tail.toString('utf8'), secrets)",
    replace: "redact(tail.toString('utf8'), [])",
    killedBy: { file: RUN, title: 'takes secrets out of stderr in every spelling' },
  },
  {
    name: 'a program sees the end of an input that failed',
    file: 'src/host/feed-tool.ts',
    find: '  } catch (error) {\n    kill()\n',
    replace:
      '  } catch (error) {\n    tool?.stdin?.end()\n    await new Promise((resolve) => setTimeout(resolve, 100))\n    kill()\n',
    killedBy: { file: FEED, title: 'kills the program before its stdin closes when the input throws' },
  },
  {
    name: 'a program need not read all of its input',
    file: 'src/host/feed-tool.ts',
    find: 'if (!whole) throw',
    replace: "if (!whole && call.command === '') throw",
    killedBy: { file: FEED, title: 'exits with 0 without having read its input' },
  },
  {
    name: 'a living run loses its temporary directory',
    file: 'src/host/lease.ts',
    find: 'return startOf(lease.pid) !== lease.started',
    replace: "return startOf(lease.pid) !== 'never'",
    killedBy: { file: TEMP, title: 'keeps the directory of a living process however old its lease is' },
  },
  {
    name: 'what a killed run left is never swept',
    file: 'src/host/sweep-temp-dirs.ts',
    find: 'if (dead === true) await removeLeased(path)',
    replace: "if (dead === true && path === '') await removeLeased(path)",
    killedBy: { file: TEMP, title: 'removes the directory of a process whose number was given to another one' },
  },
  {
    name: 'a directory of somebody else is swept',
    file: 'src/host/lease.ts',
    find: 'return lease.kind === KIND && Number',
    replace: 'return Number',
    killedBy: { file: TEMP, title: 'keeps what has no lease of ours' },
  },
]
