import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'mocha'

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
}

const LOCK = new URL('../../package-lock.json', import.meta.url)

describe('package-lock.json', () => {
  it('has the packages of every platform, without which npm ci fails everywhere', async () => {
    const packages = await lockedPackages()
    const names = new Set(Object.keys(packages).map((folder) => folder.replace(/^.*node_modules\//, '')))
    const wanted = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}))
    assert.deepEqual(
      wanted.filter((name) => !names.has(name)),
      [],
    )
  })

  it('names no registry', async () => {
    const addresses = Object.values(await lockedPackages()).map(({ resolved }) => resolved ?? '')
    assert.deepEqual(
      addresses.filter((address) => /^https?:/.test(address)),
      [],
    )
  })
})

async function lockedPackages(): Promise<Record<string, Locked>> {
  const { packages } = JSON.parse(await readFile(LOCK, 'utf8')) as { packages: Record<string, Locked> }
  return packages
}
