import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Vault } from '../../support/vault.ts'

const KILLS = 40
const INTERRUPTS = 24

/** How a run ended: by its own exit code, or by the signal before it listened to it. */
type Ending = number | NodeJS.Signals | null

describe('a backup that is ended from outside', function () {
  this.timeout(300_000)
  let vault: Vault
  /** A directory for temporary files of each test: an empty one may be what a kill leaves in it. */
  let temp = 'temp'
  /** How long a run takes, in milliseconds. */
  let usual = 0
  before(async () => {
    vault = await Vault.create(20_000)
    await vault.run(['keygen', '-s', 'vault.key'])
    await mkdir(vault.path(temp))
    await runToItsEnd('timed')
    await runToItsEnd('timed')
  })
  after(() => vault[Symbol.asyncDispose]())

  const backupTo = (output: string): string[] =>
    `backup --db sqlite -D shop.db --key-file vault.key --temp-dir ${temp} -o ${output}`.split(' ')

  /** Says as well how long a run takes now, which on a busy machine changes. */
  async function runToItsEnd(output: string): Promise<void> {
    const started = performance.now()
    const { exit, stderr } = await vault.run(backupTo(output))
    assert.equal(exit, 0, stderr)
    usual = performance.now() - started
  }

  /** Ends a run at a share of its usual time, by one signal or by several. */
  async function endAt(share: number, output: string, ...signals: NodeJS.Signals[]): Promise<Ending> {
    const started = performance.now()
    const child = vault.user.start(backupTo(output))
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    child.stdout?.resume()
    child.stderr?.resume()
    await Promise.race([delay(share * usual), closed])
    for (const signal of signals) child.kill(signal)
    const [code, signal] = await closed
    if (code === 0) usual = Math.min(usual, performance.now() - started)
    return code ?? signal
  }

  /** A kill may hit between the making of a directory and the lease in it; such an empty one is swept when it is old. */
  async function temporaryFiles(): Promise<string[]> {
    const names = await readdir(vault.path(temp), { recursive: true, withFileTypes: true })
    const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
    return files.filter((_, index) => sizes[index] !== 0)
  }

  it(`by SIGKILL at ${KILLS} moments never stands as a backup, and the next run succeeds and sweeps`, async () => {
    let killed = 0
    let whole = 0
    for (let moment = 0; moment < KILLS; moment++) {
      const ending = await endAt((moment + 0.5) / KILLS, 'killed', 'SIGKILL')
      if (ending === 'SIGKILL') killed += 1
      else assert.equal(ending, 0)
      await runToItsEnd('killed')
      assert.deepEqual(await temporaryFiles(), [], `after the kill at moment ${moment}`)
      whole += 1
    }
    const { backups, damaged } = await vault.json(['list', '-o', 'killed', '--key-file', 'vault.key'])
    assert.deepEqual(damaged, [])
    // The last moments may come after the commit: then it is a whole backup, and is proven like any other.
    assert.ok(backups.length >= whole && backups.length <= KILLS + whole, `${backups.length} backups`)
    for (const { status, trust } of backups) assert.deepEqual([status, trust], ['proven', 'authentic'])
    const verified = await vault.json(['verify', '--all', '-o', 'killed', '--key-file', 'vault.key'])
    assert.deepEqual([verified.exit, verified.backups.length], [0, backups.length])
    assert.ok(killed > KILLS / 2, `${killed} of ${KILLS} runs were killed before their end`)
  })

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`by ${signal} at ${INTERRUPTS} moments exits with ${code} and leaves nothing`, async () => {
      const output = `by-${signal}`
      await mkdir(vault.path((temp = `temp-${signal}`)))
      let interrupted = 0
      let known: string[] = []
      for (let moment = 0; moment < INTERRUPTS; moment++) {
        const ending = await endAt((moment + 0.5) / INTERRUPTS, output, signal)
        const files = await vault.files(output)
        assert.ok(ending === 0 || ending === code || ending === signal, `moment ${moment}: ${ending}`)
        if (ending === 0 || (ending === signal && files.length > known.length)) {
          // It had committed before it could hear the signal, or when it no longer listened.
          assert.equal(files.length, known.length + 2, `moment ${moment}`)
        } else assert.deepEqual(files, known, `moment ${moment}`)
        if (ending === code) interrupted += 1
        known = files
        assert.deepEqual(await readdir(vault.path(temp)), [], `moment ${moment}`)
      }
      assert.ok(interrupted > INTERRUPTS / 4, `${interrupted} of ${INTERRUPTS} were interrupted`)
    })
  }

  it('by a second SIGINT at once exits with 130 and leaves no temporary files, nor a backup', async () => {
    await mkdir(vault.path((temp = 'temp-twice')))
    for (const share of [0.4, 0.6, 0.8]) {
      const output = `twice-${share}`
      const ending = await endAt(share, output, 'SIGINT', 'SIGINT')
      assert.ok(ending === 0 || ending === 130 || ending === 'SIGINT', String(ending))
      assert.deepEqual(await readdir(vault.path(temp)), [])
      const manifests = (await vault.files(output)).filter((name) => name.endsWith('.json'))
      if (ending === 130) assert.deepEqual(manifests, [])
    }
  })
})
