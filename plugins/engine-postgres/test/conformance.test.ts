import { engineConformance } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { harness } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

for (const format of ['custom', 'plain'] as const) {
  describe(`the PostgreSQL engine with dumps in ${format} format`, () => {
    needs('postgres', 'linux')

    const source = async (): ReturnType<typeof harness.source> => {
      const made = await harness.source()
      return { ...made, source: { ...made.source, flags: { ...made.source.flags, format } } }
    }
    // How a server is reached has nothing to do with it.
    const asked = (name: string): boolean => format === 'custom' || /check|dump|prove|restore/.test(name)
    for (const { name, excused, run } of engineConformance({ ...harness, source }).filter((each) => asked(each.name))) {
      it(excused === undefined ? name : `${name} (not asked: ${excused})`, excused === undefined ? run : () => {})
    }
  })
}
