import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { backupId } from '../src/catalog/backup-id.ts'
import { withMac } from '../src/catalog/manifest-mac.ts'
import { parseManifest } from '../src/catalog/manifest.ts'

export interface Shelf {
  readonly folder: string
  /** Stores the same in a second place. */
  put(object: string, bytes: Buffer): Promise<void>
}

/** Of one small backup without a key in `original` as many as are asked for, an hour apart, each with its own names and MAC. */
export async function manyBackups(original: string, count: number, { folder, put }: Shelf): Promise<void> {
  await mkdir(join(folder, 'sqlite'), { recursive: true })
  const names = await readdir(join(original, 'sqlite'))
  const manifestName = names.find((name) => name.endsWith('.json')) ?? ''
  const text = await readFile(join(original, 'sqlite', manifestName), 'utf8')
  const { mac: _, ...manifest } = parseManifest(text, manifestName)
  const artifact = await readFile(join(original, 'sqlite', manifestName.replace(/\.json$/, '')))
  const limit = pLimit(32)
  const store = async (index: number): Promise<void> => {
    const at = new Date(Date.parse(manifest.createdAt) - index * 3_600_000)
    const id = backupId(manifest.database, at)
    const [member] = manifest.members
    if (member === undefined) throw new Error('a manifest without a member')
    const name = member.artifact.name.replace(manifest.id, id)
    const members = [{ ...member, artifact: { ...member.artifact, name } }]
    const own = withMac({ ...manifest, id, createdAt: at.toISOString(), members }, undefined)
    for (const [end, bytes] of [
      ['', artifact],
      ['.json', Buffer.from(`${JSON.stringify(own)}\n`)],
    ] as const) {
      await writeFile(join(folder, 'sqlite', name + end), bytes)
      await put(`sqlite/${name}${end}`, bytes)
    }
  }
  await Promise.all(Array.from({ length: count }, (_, index) => limit(() => store(index))))
}
