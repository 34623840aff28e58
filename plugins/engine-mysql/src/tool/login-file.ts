import type { Host, SecretFile } from 'dbvault'
import { compareVersions } from '../server/facts.ts'
import type { Login } from '../server/login.ts'
import { optionValue } from '../server/option-file.ts'
import type { Tool } from './find-tools.ts'

/**
 * What a program reads instead of any option file of the machine: how to reach the server, and the password, which so
 * stands neither in its arguments nor in its environment. It has to be the first argument.
 * @throws USAGE
 */
export async function loginFile(login: Login, tool: Tool, host: Host): Promise<SecretFile> {
  const { socket, user, password, tls } = login
  const revealed = password?.reveal()
  if (revealed?.includes('\0')) throw host.error('USAGE', 'A password for MySQL cannot hold a NUL byte')
  const lines = [
    '[client]',
    ...(socket === undefined
      ? [`host=${optionValue(login.host)}`, `port=${login.port}`, 'protocol=tcp']
      : [`socket=${optionValue(socket)}`, 'protocol=socket']),
    `user=${optionValue(user)}`,
    ...(revealed === undefined ? [] : [`password=${optionValue(revealed)}`]),
    ...(tls.ca === undefined ? [] : [`ssl-ca=${optionValue(tls.ca)}`]),
    ...(tls.cert === undefined ? [] : [`ssl-cert=${optionValue(tls.cert)}`]),
    ...(tls.key === undefined ? [] : [`ssl-key=${optionValue(tls.key)}`]),
    ...(tool.vendor === 'MySQL' ? mysqlTls(login, tool) : mariadbTls(login, tool)),
  ]
  return host.secretFile(`${lines.join('\n')}\n`)
}

function mysqlTls({ tls }: Login, tool: Tool): string[] {
  const mode = { disabled: 'DISABLED', preferred: 'PREFERRED', required: 'REQUIRED', 'verify-ca': 'VERIFY_CA' }
  return [
    `ssl-mode=${tls.mode === 'verify-full' ? 'VERIFY_IDENTITY' : mode[tls.mode]}`,
    ...(tool.knows('get-server-public-key') ? ['get-server-public-key'] : []),
  ]
}

/**
 * It has no mode that falls back to a connection without encryption: what is preferred was settled by the session before.
 * That the authority is verified and the name is not is what programs before 11.4 do where one is named; for newer ones
 * the stricter mode stands for that.
 */
function mariadbTls({ tls }: Login, tool: Tool): string[] {
  switch (tls.mode) {
    case 'disabled':
    case 'preferred':
      return ['skip-ssl']
    case 'required':
      return ['ssl', 'skip-ssl-verify-server-cert']
    case 'verify-ca':
      return tls.ca !== undefined && compareVersions(tool.version, '11.4.0') < 0
        ? ['ssl', 'skip-ssl-verify-server-cert']
        : ['ssl', 'ssl-verify-server-cert']
    case 'verify-full':
      return ['ssl', 'ssl-verify-server-cert']
  }
}
