/**
 * `dbvault decrypt` of a large Fernet file against Python's `cryptography`. Build first. `node bench/decrypt.ts [megabytes]
 * [runs]`, 500 and 3 by default. Set DBVAULT_TEST_PYTHON to a Python that has `cryptography`.
 */
import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { Bytes } from '../src/pipeline/bytes.ts'
import { encryptFernet } from '../src/pipeline/encrypt/fernet.ts'
import { generateFernetKey, parseFernetKey } from '../src/pipeline/encrypt/fernet-key.ts'
import { Figures } from './figures.ts'

const MB = 1_000_000
const [megabytes = 500, runs = 3] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'bench-decrypt-'))
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const [artifact, output, keyFile] = ['artifact.enc', 'plain', 'vault.key'].map((name) => join(folder, name))

async function* plaintext(): Bytes {
  const block = randomBytes(MB)
  for (let count = 0; count < megabytes; count += 1) yield block
}

const figures = new Figures()
try {
  const key = generateFernetKey()
  await writeFile(keyFile ?? '', key)
  await pipeline(encryptFernet(parseFernetKey(key))(plaintext()), createWriteStream(artifact ?? ''))
  const ours = `'${process.execPath}' '${path('../bin/run.js')}' decrypt -f '${artifact}' --key-file '${keyFile}' -o '${output}' --quiet`
  const python = process.env['DBVAULT_TEST_PYTHON'] ?? 'python3'
  const leaves = [output ?? '']
  await figures.compare(
    `Fernet decrypt of ${megabytes} MB, Python`,
    { name: 'decrypt', command: ours, leaves },
    { name: 'python', command: `${python} '${path('decrypt.py')}' '${artifact}' '${output}' '${keyFile}'`, leaves },
    0.6,
    runs,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
figures.print()
