import type { Manifest, SealedPart } from '../catalog/manifest.ts'
import type { Trust } from '../operations/describe-backup.ts'
import { counts, duration, size } from './units.ts'

const STATUS = {
  proven: 'proven: it was restored from where it is stored and compared with its source',
  checked: 'checked: it was read back to its end, but not compared with its source',
  unproven: 'unproven: it was never restored',
} as const

const TRUST = {
  authentic: 'this manifest is as dbvault wrote it (its MAC was checked with the key)',
  claimed: 'this is what the manifest claims; give the key to check it',
  open: 'this manifest is not protected: the backup is not encrypted',
} as const

/** One manifest in words. */
export function manifestWords(manifest: Manifest, address: string, trust: Trust, sealed?: SealedPart): string {
  const { proof, engine } = manifest
  const compared = sealed?.compared ?? proof.compared
  const lines: [string, string][] = [
    ['Backup', manifest.id],
    ['Database', `${manifest.database} (${engine.name}: ${engine.product} ${engine.version})`],
    ['Made', `${manifest.createdAt} by ${manifest.tool}`],
    ['Status', STATUS[manifest.status]],
    ['Trust', TRUST[trust]],
    [
      'Proof',
      `${proof.method}, ${proof.outcome}, ${proof.at}, ${duration(proof.seconds)}${compared ? `: ${counts(compared)}` : ''}`,
    ],
    ['Moment', manifest.consistency === 'point-in-time' ? 'all from one point in time' : 'NOT from one point in time'],
    ...manifest.members.flatMap(({ name, artifact, dump }): [string, string][] => [
      [name === 'main' ? 'Artifact' : `Member ${name}`, artifact.name],
      [
        '',
        `${size(artifact.bytes)} (${artifact.compression}, ${encryptionWords(manifest)}), ${size(dump.bytes)} as a dump`,
      ],
      ['', `sha256 ${artifact.sha256}`],
    ]),
    ['Stored at', address],
    ...Object.entries(manifest.labels ?? {}).map(([key, value]): [string, string] => ['Label', `${key}=${value}`]),
    ...(manifest.incomplete ?? []).map((text): [string, string] => ['INCOMPLETE', text]),
    ...manifest.warnings.map((text): [string, string] => ['Warning', text]),
  ]
  const width = Math.max(...lines.map(([word]) => word.length))
  return lines.map(([word, text]) => `${word.padEnd(width)}  ${text}`).join('\n')
}

function encryptionWords({ encryption }: Manifest): string {
  if (encryption.scheme === 'none') return 'not encrypted'
  return encryption.scheme === 'fernet'
    ? `Fernet, key ${encryption.keyId}`
    : `age, ${encryption.recipients.length} recipient(s)`
}
