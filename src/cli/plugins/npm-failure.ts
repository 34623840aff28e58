import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorCode } from '../../errors/error-code.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'

interface Cause {
  readonly code: ErrorCode
  readonly says: string
  readonly hint: string
}

const offline: Cause = {
  code: 'PLUGIN_NOT_FOUND',
  says: 'the package registry cannot be reached',
  hint: 'Check the network, and the registry and proxy settings of npm (npm config get registry, npm config get proxy). A tarball is installed without a registry: dbvault plugins install file:/path/to/plugin.tgz',
}
const forbidden: Cause = {
  code: 'PLUGIN_NOT_FOUND',
  says: 'the package registry refuses it',
  hint: 'Log in there with npm login, or ask whoever runs it.',
}
const denied: Cause = {
  code: 'STORAGE_DENIED',
  says: 'npm may not write to its folders',
  hint: 'They have to belong to you: the data directory of dbvault, and ~/.npm.',
}

const untrusted: Cause = {
  code: 'PLUGIN_NOT_FOUND',
  says: 'the certificate of the package registry is not one that this machine trusts',
  hint: 'Where a proxy of your own looks into TLS, name its authority with NODE_EXTRA_CA_CERTS or npm config set cafile.',
}
const unnamed: Cause = {
  code: 'PLUGIN_NOT_FOUND',
  says: 'npm failed',
  hint: 'The same command with --verbose shows all that npm says.',
}
const script: Cause = {
  code: 'PLUGIN_INVALID',
  says: 'a script of the package, or of one that it depends on, failed while it was installed',
  hint: 'The same command with --verbose shows what it says; its author has to mend it.',
}

/** By npm's own names, of which it logs one as `error code …`. */
const CAUSES: Readonly<Record<string, Cause>> = {
  E404: {
    code: 'PLUGIN_NOT_FOUND',
    says: 'there is no such package in the registry',
    hint: 'Plugins are called @dbvault/engine-…, @dbvault/storage-…, dbvault-engine-… or dbvault-storage-…',
  },
  ETARGET: {
    code: 'PLUGIN_NOT_FOUND',
    says: 'the package has no such version',
    hint: 'npm view PACKAGE versions names those that it has.',
  },
  E401: forbidden,
  E403: forbidden,
  E407: {
    code: 'PLUGIN_NOT_FOUND',
    says: 'the proxy refuses the login',
    hint: 'It stands in HTTPS_PROXY, HTTP_PROXY or the settings of npm (npm config get https-proxy, npm config get proxy); characters such as @ and # in a password have to be percent-encoded.',
  },
  EINVALIDPROXY: {
    code: 'USAGE',
    says: 'the address of the proxy is none',
    hint: 'It stands in HTTPS_PROXY, HTTP_PROXY or the settings of npm, as in http://proxy.example:3128',
  },
  EACCES: denied,
  EPERM: denied,
  ENOSPC: { code: 'STORAGE_FULL', says: 'the disk is full', hint: 'Free some space and try again.' },
  EINTEGRITY: {
    code: 'PLUGIN_INVALID',
    says: 'what the registry sent is not what its lock or its index says',
    hint: 'Try again; if it stays so, do not install it, and tell its author.',
  },
  ERESOLVE: {
    code: 'PLUGIN_INVALID',
    says: 'its dependencies contradict those of the other plugins',
    hint: 'Its author has to mend it. A plugin must not depend on dbvault itself.',
  },
  ...Object.fromEntries(
    ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTCACHED', 'ERR_SOCKET_TIMEOUT'].map(
      (code) => [code, offline],
    ),
  ),
  ...Object.fromEntries(
    [
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ].map((code) => [code, untrusted]),
  ),
}

/** Why npm failed last, by the code of its own or of the script that did, from the logs that it keeps in `folder`, one a run; undefined where they do not tell. */
export async function npmFailure(folder: string, cause: unknown): Promise<DbvaultError | undefined> {
  const names = await readdir(folder)
  const logs = await Promise.all(names.toSorted(byName).map((name) => readFile(join(folder, name), 'utf8')))
  const [, found] = [...logs.join('\n').matchAll(/^\d+ (?:error code |verbose code (?=[A-Z]))(\w+)$/gm)].at(-1) ?? []
  if (found === undefined) return undefined
  const known = CAUSES[found] ?? (/^\d+$/.test(found) ? script : unnamed)
  return new DbvaultError(known.code, `No plugin was changed: ${known.says} (npm: ${found})`, {
    hints: [known.hint],
    retryable: known === offline,
    cause,
  })
}

/** They begin with the time. */
const byName = (a: string, b: string): number => (a < b ? -1 : 1)
