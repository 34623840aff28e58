import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** A block of code in a document: its language and what stands after that on its first line, and its text. */
export interface FencedBlock {
  readonly language: string
  readonly title: string
  readonly text: string
}

const BLOCK = /^```(?<language>\w+)(?: (?<title>[^\n]+))?\n(?<text>.*?)^```$/gms

/** The blocks of a document of this project that have a language, in their order. */
export async function fencedBlocks(document: string): Promise<FencedBlock[]> {
  const markdown = await readFile(documentPath(document), 'utf8')
  return [...markdown.matchAll(BLOCK)].map(({ groups = {} }) => ({
    language: groups['language'] ?? '',
    title: groups['title'] ?? '',
    text: groups['text'] ?? '',
  }))
}

/** The path of a document that is named relative to the project's folder. */
export function documentPath(document: string): string {
  return fileURLToPath(new URL(`../../${document}`, import.meta.url))
}
