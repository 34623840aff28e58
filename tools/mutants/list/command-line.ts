import type { Mutant } from '../mutant.ts'

const COMMAND = 'test/cli/vault-command.test.ts'
const SECRET_FILE = 'test/cli/backup-key.test.ts'
const ENCRYPTION = 'test/end-to-end/contract/encryption.test.ts'

export const COMMAND_LINE: readonly Mutant[] = [
  {
    name: 'a failed proof exits with 0',
    file: 'src/cli/exit-code.ts',
    find: 'PROOF_FAILED: 5',
    replace: 'PROOF_FAILED: 0',
    killedBy: { file: 'test/cli/exit-code.test.ts', title: 'are these, for scripts to rely on' },
  },
  {
    name: 'what went wrong with some of several is forgotten',
    file: 'src/cli/verdict.ts',
    find: 'if (!first) return undefined',
    replace: 'if (!first || failed.length < errors.length) return undefined',
    killedBy: { file: 'test/end-to-end/contract/several.test.ts', title: 'exit with 9 when one of them fails' },
  },
  {
    name: 'JSON is printed twice',
    file: 'src/cli/vault-command.ts',
    find: 'writeOut(this.#clean(renderDocument({ ok: true, ...value })))',
    replace: 'writeOut(this.#clean(renderDocument({ ok: true, ...value })).repeat(2))',
    killedBy: { file: 'test/end-to-end/contract/json.test.ts', title: 'is one document, and nothing else, on stdout' },
  },
  {
    name: 'messages go to stdout',
    file: 'src/cli/stdout.ts',
    find: 'process.stderr.write(text, (error) => {',
    replace: 'process.stdout.write(text, (error) => {',
    killedBy: { file: ENCRYPTION, title: 'without a key makes one, and shows it once on stderr' },
  },
  {
    name: 'DBVAULT_DATABASE aims a restore',
    file: 'src/cli/flags/target.ts',
    find: "summary: 'Database to restore into: a name, or the path of a file.', helpGroup",
    replace: "summary: 'Database to restore into: a name, or the path of a file.', env: 'DBVAULT_DATABASE', helpGroup",
    killedBy: { file: COMMAND, title: 'has no variable for what deletes or aims' },
  },
  {
    name: 'DBVAULT_KEY alone encrypts a backup',
    file: 'src/cli/backup-key.ts',
    find: "const keyGiven = given('key') ||",
    replace: "const keyGiven = flags.key !== undefined || given('key') ||",
    killedBy: { file: ENCRYPTION, title: 'is implied by -k, --key-file and -r, and not by DBVAULT_KEY alone' },
  },
  {
    name: 'a key file is overwritten',
    file: 'src/cli/backup-key.ts',
    find: "open(path, 'wx', 0o600)",
    replace: "open(path, 'w', 0o600)",
    killedBy: { file: SECRET_FILE, title: 'does not take the place of one that came to be meanwhile' },
  },
  {
    name: 'a key file can be read by others',
    file: 'src/cli/backup-key.ts',
    find: "open(path, 'wx', 0o600)",
    replace: "open(path, 'wx', 0o644)",
    killedBy: { file: SECRET_FILE, title: 'is new, and can be read by this user only' },
  },
  {
    name: 'a secret on the command line is not warned about',
    file: 'src/cli/vault-command.ts',
    find: 'if (secrets.length > 0) this.warn(',
    replace: 'if (secrets.length > 9) this.warn(',
    killedBy: { file: COMMAND, title: 'warns about secrets on the command line' },
  },
  {
    name: 'a bad value in a variable is quoted',
    file: 'src/cli/environment.ts',
    find: '`${variable} does not hold a value that --${flag.name} accepts`',
    replace: '`${variable} does not hold a value that --${flag.name} accepts: ${item}`',
    killedBy: { file: COMMAND, title: 'without quoting it' },
  },
  {
    name: 'Ctrl-C ends a command like a success',
    file: 'src/cli/exit-code.ts',
    find: 'INTERRUPTED: 130',
    replace: 'INTERRUPTED: 0',
    killedBy: { file: 'test/cli/interrupt.test.ts', title: 'cleans up and exits with 130 on SIGINT' },
  },
]
