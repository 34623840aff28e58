// Copies the descriptor to package.json, where dbvault reads it without running any of this code.
import { readFile, writeFile } from 'node:fs/promises'
import plugin from './dist/index.js'

const file = new URL('package.json', import.meta.url)
const pjson = JSON.parse(await readFile(file, 'utf8'))
await writeFile(file, `${JSON.stringify({ ...pjson, dbvault: plugin.descriptor }, null, 2)}\n`)
