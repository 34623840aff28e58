import { exitCodes, exitCodeTable } from '../cli/exit-code.ts'
import { VaultCommand } from '../cli/vault-command.ts'

export default class ExitCodes extends VaultCommand {
  static override summary = 'What each exit code means.'
  static override description = exitCodeTable()

  async run(): Promise<void> {
    await this.parse(ExitCodes)
    this.result({ exitCodes: exitCodes() }, exitCodeTable())
  }
}
