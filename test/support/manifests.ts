import { withMac } from '../../src/catalog/manifest-mac.ts'
import type { Manifest } from '../../src/catalog/manifest.ts'

/** The manifest of a backup that is not encrypted, with some fields replaced, as dbvault would write it. */
export function manifestOf(artifact: string, fields: Partial<Manifest> = {}): Manifest {
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  return withMac(
    {
      format: 'dbvault-manifest-1',
      id: artifact.replace(/\..*$/, ''),
      createdAt: '2026-11-23T08:42:01.000Z',
      tool: 'dbvault/0',
      engine: { name: 'text', product: 'text', version: '1' },
      database: 'shop',
      consistency: 'point-in-time',
      status: 'proven',
      members: [
        {
          name: 'main',
          format: { id: 'text-1', extension: 'txt' },
          artifact: { name: artifact, bytes: 0, sha256, compression: 'none', encryption: 'none' },
          dump: { bytes: 0, sha256 },
        },
      ],
      encryption: { scheme: 'none' },
      proof: { method: 'restore', outcome: 'equal', at: '2026-11-23T08:42:02.000Z', seconds: 1 },
      warnings: [],
      ...fields,
    } satisfies Omit<Manifest, 'mac'>,
    undefined,
  )
}
