import type { Tool } from './find-tools.ts'

/** The arguments for everything but events. `absent` names tables or views that must not be touched. */
export function dumpArguments(tool: Tool, login: string, database: string, absent: readonly string[]): string[] {
  return [
    ...common(tool, login),
    '--single-transaction',
    '--quick',
    '--skip-lock-tables',
    // Under a lock of its own a table cannot draw from the sequence that its default names.
    '--skip-add-locks',
    '--routines',
    '--triggers',
    '--hex-blob',
    // Rows that a system-versioned table has kept are rows too.
    ...(tool.knows('dump-history') ? ['--dump-history'] : []),
    ...absent.map((name) => `--ignore-table=${database}.${name}`),
    '--',
    database,
  ]
}

/** Events alone: they begin to run when they are restored, so that has to be done apart, and never in scratch. */
export function eventArguments(tool: Tool, login: string, database: string): string[] {
  return [
    ...common(tool, login),
    '--skip-lock-tables',
    '--no-data',
    '--no-create-info',
    '--skip-triggers',
    '--events',
    '--',
    database,
  ]
}

/** Never `--databases`: it writes USE, which restores into the source wherever the dump is fed to. */
function common(tool: Tool, login: string): string[] {
  return [
    `--defaults-file=${login}`,
    '--default-character-set=utf8mb4',
    '--no-tablespaces',
    '--max-allowed-packet=1G',
    // Capabilities of one vendor's program only; the other one exits with 7 on them.
    ...(tool.knows('set-gtid-purged') ? ['--set-gtid-purged=OFF'] : []),
    ...(tool.knows('column-statistics') ? ['--column-statistics=0'] : []),
  ]
}
