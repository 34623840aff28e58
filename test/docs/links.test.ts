import assert from 'node:assert/strict'
import { access, glob, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { documentPath } from './fenced-block.ts'

const ROOT = documentPath('')
const LINK = /\]\((?!https?:|mailto:)(?<path>[^)#\s]*)(?:#(?<heading>[^)\s]+))?\)/g

describe('links in documents', () => {
  it('lead to files and headings that are there', async () => {
    const exclude = (path: string): boolean => ['node_modules', 'dist', '.git'].includes(basename(path))
    const documents = await Array.fromAsync(glob('**/*.md', { cwd: ROOT, exclude }))
    assert.ok(documents.includes('README.md'))
    const broken = (await Promise.all(documents.map(brokenLinks))).flat()
    assert.deepEqual(broken, [])
  })
})

async function brokenLinks(document: string): Promise<string[]> {
  const links = [...(await readFile(join(ROOT, document), 'utf8')).matchAll(LINK)]
  const broken = await Promise.all(
    links.map(async ({ 0: link, groups = {} }) => {
      const target = groups['path'] ? join(ROOT, dirname(document), groups['path']) : join(ROOT, document)
      return (await leadsSomewhere(target, groups['heading'])) ? [] : [`${document}: ${link}`]
    }),
  )
  return broken.flat()
}

async function leadsSomewhere(target: string, heading: string | undefined): Promise<boolean> {
  try {
    if (heading === undefined) await access(target)
    return heading === undefined || headings(await readFile(target, 'utf8')).includes(heading)
  } catch {
    return false
  }
}

/** The anchors that GitHub makes of a document's headings. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (?<text>.+)$/gm)].map(({ groups = {} }) =>
    (groups['text'] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
