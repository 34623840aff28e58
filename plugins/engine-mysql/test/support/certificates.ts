import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates {
  readonly folder: string
  /** The authority that signed the server's. */
  readonly ca: string
  /** Another one. */
  readonly other: string
  /** What a server is to be started with. */
  readonly args: readonly string[]
}

/** For a server at 127.0.0.1, and by no other name. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'dbvault-tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2']
  for (const name of ['ca', 'other'])
    openssl('req', '-x509', ...made, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`)
  writeFileSync(join(folder, 'names'), 'subjectAltName = IP:127.0.0.1')
  openssl('req', ...made, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1')
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2']
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.crt')
  const path = (name: string): string => join(folder, name)
  // The server runs as another user.
  chmodSync(folder, 0o755)
  chmodSync(path('server.key'), 0o644)
  return {
    folder,
    ca: path('ca.crt'),
    other: path('other.crt'),
    args: [`--ssl-ca=${path('ca.crt')}`, `--ssl-cert=${path('server.crt')}`, `--ssl-key=${path('server.key')}`],
  }
}
