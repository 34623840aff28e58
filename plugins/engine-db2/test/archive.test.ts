import type { Stored } from 'dbvault'
import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createTarPacker, packTar, unpackTar } from 'modern-tar'
import { after, describe, it } from 'mocha'
import { parseIndex, type ImageIndex } from '../src/archive/image-index.ts'
import { DIGESTS_NAME, tarLength } from '../src/archive/layout.ts'
import { readArchive } from '../src/archive/read-archive.ts'
import { writeArchive } from '../src/archive/write-archive.ts'
import { descriptor, format, INDEX_NAME } from '../src/descriptor.ts'
import { unpack } from '../src/image/unpack.ts'
import { rejected } from './support/exam.ts'

const TIMESTAMP = '20261125201043'
const NAMES = [1, 2].map((part) => `${part}/SHOP.0.db2inst1.DBPART000.${TIMESTAMP}.00${part}`)

describe('the tar of a Db2 image', () => {
  const host = testHost()
  const directory = mkdtempSync(join(tmpdir(), 'db2-archive-'))
  after(async () => {
    rmSync(directory, { recursive: true })
    await host[Symbol.asyncDispose]()
  })

  const contents = [Buffer.alloc(3_000_000, 'one '), Buffer.alloc(512 * 7, 'two')]
  const index: ImageIndex = {
    scheme: 'db2-images-1',
    database: 'SHOP',
    instance: 'db2inst1',
    version: '11.5.8.0',
    timestamp: TIMESTAMP,
    online: true,
    automaticStorage: true,
    tableSpaces: [],
    parts: NAMES.map((name, place) => ({ name, bytes: contents[place]?.length ?? 0 })),
  }
  for (const [place, name] of NAMES.entries()) {
    mkdirSync(join(directory, name, '..'))
    writeFileSync(join(directory, name), contents[place] ?? '')
  }

  const tarOf = (given: ImageIndex = index): Promise<Buffer> => buffer(writeArchive(given, directory, host))
  const stored = (bytes: Buffer): Stored[] => [
    { name: 'main', format, bytes: bytes.length, open: async () => Readable.from([bytes]) },
  ]
  const refused = async (bytes: Buffer, why: RegExp): Promise<void> => {
    assert.match(await rejected(readArchive(stored(bytes), host, 'PROOF_FAILED'), 'PROOF_FAILED'), why)
  }
  /** The entries of the right tar, some of them changed, packed anew. */
  const repacked = async (
    change: (entries: { name: string; data: Buffer }[]) => { name: string; data: Buffer }[],
  ): Promise<Buffer> => {
    const entries = (await unpackTar(await tarOf())).map(({ header, data }) => ({
      name: header.name,
      data: Buffer.from(data ?? []),
    }))
    return Buffer.from(
      await packTar(change(entries).map(({ name, data }) => ({ header: { name, size: data.length }, body: data }))),
    )
  }

  it('is read by tar, begins with what it is recognised by, and is the same each time', async () => {
    const bytes = await tarOf()
    assert.ok(bytes.toString('hex').startsWith(descriptor.formats[0].magic))
    assert.ok(bytes.equals(await tarOf()))
    const out = mkdtempSync(join(tmpdir(), 'db2-untar-'))
    try {
      const listed = execFileSync('tar', ['-xvf', '-', '-C', out], { input: bytes, encoding: 'utf8' })
      assert.deepEqual(listed.trim().split('\n'), [INDEX_NAME, ...NAMES, DIGESTS_NAME])
      for (const [place, name] of NAMES.entries()) {
        assert.ok(readFileSync(join(out, name)).equals(contents[place] ?? Buffer.alloc(0)))
      }
      assert.deepEqual(JSON.parse(readFileSync(join(out, INDEX_NAME), 'utf8')), index)
    } finally {
      rmSync(out, { recursive: true })
    }
  })

  it('is unpacked into the directories that the image was written into', async () => {
    const out = mkdtempSync(join(tmpdir(), 'db2-unpack-'))
    try {
      const { directories, files } = await unpack(stored(await tarOf()), out, undefined, host, 'PROOF_FAILED')
      assert.deepEqual(directories, [join(out, '1'), join(out, '2')])
      for (const [place, file] of files.entries())
        assert.ok(readFileSync(file).equals(contents[place] ?? Buffer.alloc(0)))
    } finally {
      rmSync(out, { recursive: true })
    }
  })

  it('has a length that is known beforehand, also of parts of more than 8 GiB', async () => {
    const sizes = (await unpackTar(await tarOf())).map(({ header }) => header.size)
    assert.equal((await tarOf()).length, tarLength(sizes))
    for (const size of [8 ** 11 - 1, 8 ** 11, 5 * 1024 ** 4]) {
      const { readable, controller } = createTarPacker()
      void controller.add({ name: String(NAMES[0]), size })
      const reader = readable.getReader()
      let header = 0
      const chunks = size < 8 ** 11 ? 1 : 4
      for (let chunk = 0; chunk < chunks; chunk++) header += (await reader.read()).value?.length ?? 0
      controller.error(new Error('enough'))
      assert.equal(tarLength([size]), header + Math.ceil(size / 512) * 512 + 1024)
    }
  })

  it('is refused when it is cut anywhere, or goes on behind its end', async () => {
    const bytes = await tarOf()
    for (const length of [
      0,
      511,
      512,
      1024,
      600_000,
      bytes.length - 1025,
      bytes.length - 1024,
      bytes.length - 512,
      bytes.length - 1,
    ]) {
      await refused(bytes.subarray(0, length), /not a whole image of Db2/)
    }
    await refused(Buffer.concat([bytes, Buffer.alloc(512)]), /not where its end has to be/)
    await refused(Buffer.concat([bytes, Buffer.from('x')]), /Invalid EOF/)
  })

  it('is refused when a part is another, is missing, is there twice or in another place', async () => {
    const [one = '', two = ''] = NAMES
    const wrong: [(entries: { name: string; data: Buffer }[]) => { name: string; data: Buffer }[], RegExp][] = [
      [
        (all) => all.map((each) => (each.name === two ? { ...each, data: Buffer.alloc(512 * 7) } : each)),
        /not those that were packed/,
      ],
      [(all) => all.filter(({ name }) => name !== two), /in place of 2\/SHOP/],
      [(all) => all.flatMap((each) => (each.name === one ? [each, each] : [each])), /in place of 2\/SHOP/],
      [(all) => all.filter(({ name }) => name !== DIGESTS_NAME), /ends before all of its parts/],
      [(all) => [...all, { name: 'more', data: Buffer.from('1') }], /something stands behind/],
      [(all) => all.toReversed(), /in place of dbvault-db2-index/],
    ]
    for (const [change, why] of wrong) await refused(await repacked(change), why)
  })

  it('is refused when its index names files elsewhere, parts twice, or what it does not know', () => {
    const good = JSON.stringify(index)
    assert.deepEqual(parseIndex(good), index)
    const [part] = index.parts
    const bad: unknown[] = [
      { ...index, scheme: 'db2-images-2' },
      { ...index, parts: [] },
      { ...index, parts: [part, part] },
      { ...index, parts: [{ ...part, bytes: -1 }] },
      ...[
        '../x',
        '/etc/passwd',
        '1/../../x',
        `1/${'x'}`,
        `0/${part?.name.slice(2)}`,
        `1/${part?.name.slice(2).replace('2026', '2025')}`,
      ].map((name) => ({ ...index, parts: [{ name, bytes: 1 }] })),
      { ...index, tableSpaces: [{ id: 'x', kind: 'SMS', pages: 1 }] },
      { ...index, database: "A' TO '/x" },
      { ...index, timestamp: '1' },
      null,
    ]
    for (const each of bad) assert.equal(parseIndex(JSON.stringify(each)), undefined, JSON.stringify(each))
  })

  it('is not made of a file that changes its size meanwhile', async () => {
    const [name = ''] = NAMES
    const file = join(directory, name)
    const longer = { ...index, parts: index.parts.map((each) => ({ ...each, bytes: each.bytes + 1 })) }
    await rejected(tarOf(longer), 'DUMP_INCOMPLETE')
    appendFileSync(file, 'x')
    await rejected(tarOf(), 'DUMP_INCOMPLETE')
    writeFileSync(file, contents[0] ?? '')
    await tarOf()
  })
})
