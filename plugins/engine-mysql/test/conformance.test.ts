import { engineConformance } from 'dbvault/testing'
import { before, it } from 'mocha'
import { hasServer, sharedServer, whereServed } from '../../../test/servers/mysql.ts'
import { harness, type Choice } from './support/harness.ts'

const CHOICES: readonly (Choice & { readonly title: string })[] = [
  { title: 'MariaDB, proven on a private server', vendor: 'MariaDB' },
  // A private MySQL takes seconds to be made; it has tests of its own.
  { title: 'MySQL, proven in a scratch database on the source', vendor: 'MySQL', mode: 'source' },
]

for (const { title, ...choice } of CHOICES) {
  whereServed(choice.vendor, `the MySQL engine on ${title}`, function () {
    this.timeout(300_000)

    before(async function () {
      if (!hasServer(choice.vendor)) {
        if (process.env['DBVAULT_REQUIRE_ALL']) throw new Error(`${choice.vendor} is missing; see test/servers/install`)
        return this.skip()
      }
      await sharedServer(choice.vendor)
    })

    for (const { name, excused, run } of engineConformance(harness(choice))) {
      it(excused === undefined ? name : `${name} (not asked: ${excused})`, excused === undefined ? run : () => {})
    }
  })
}
