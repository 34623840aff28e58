import { engineConformance, testHost } from 'dbvault/testing'
import { after, before, describe, it } from 'mocha'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { harness } from './support/harness.ts'
import { StandIn } from './support/instance.ts'
import { archiving } from './support/shop.ts'

const EXCLUDED = 'a writer that never pauses does not part a dump from its fingerprint'

const MODES = [
  { title: 'online, in two parts', content: archiving, parts: 2, excuses: new Map<string, string>() },
  {
    title: 'offline',
    content: {},
    parts: 1,
    excuses: new Map([[EXCLUDED, 'an offline backup and a writer exclude each other']]),
  },
]

for (const { title, content, parts, excuses } of MODES) {
  describe(`the Db2 engine with a stand-in, ${title}`, function () {
    needs('linux')
    this.timeout(120_000)

    const instance = new StandIn()
    // With its first program Node opens /dev/null, and keeps it: the suite would take it for something left behind.
    before(() => Array.fromAsync(engine.databases(instance.source('SHOP'), testHost())))
    after(() => instance[Symbol.dispose]())

    for (const { name, excused, run } of engineConformance(harness(instance, content, parts))) {
      const excuse = excused ?? excuses.get(name)
      it(excuse === undefined ? name : `${name} (not asked: ${excuse})`, excuse === undefined ? run : () => {})
    }
  })
}
