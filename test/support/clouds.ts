import { readFile } from 'node:fs/promises'
import type { Vault } from './vault.ts'

const FIXTURE = new URL('../fixtures/plugins/dbvault-storage-folder/', import.meta.url)

/** Gives a user a cloud that is a folder: `--cloud NAME --NAME-path DIR`. Several of different names are several clouds. */
export async function linkCloud(vault: Vault, name: string): Promise<void> {
  const rename = async (file: string): Promise<string> =>
    (await readFile(new URL(file, FIXTURE), 'utf8'))
      .replaceAll('dbvault-storage-folder', `dbvault-storage-${name}`)
      .replaceAll("'folder'", `'${name}'`)
      .replaceAll('"folder"', `"${name}"`)
      .replaceAll('folder://', `${name}://`)
      .replaceAll('`folder ', `\`${name} `)
  await vault.user.link('dbvault-storage-folder', {
    'package.json': await rename('package.json'),
    'index.js': await rename('index.js'),
  })
}
