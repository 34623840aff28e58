import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { output } from './program.ts'

const PROGRAM = fileURLToPath(new URL('peak-memory.ts', import.meta.url))
/** The collector frees buffers when it sees fit, so two runs differ by some tens of MiB. Holding the flow would cost 1 GiB. */
const ALLOWANCE_KIB = 64 * 1024

const peak = async (scheme: string, mebibytes: number): Promise<number> =>
  Number(await output(process.execPath, [PROGRAM, scheme, String(mebibytes)]))

describe('encryption and decryption at once', () => {
  for (const scheme of ['fernet', 'age']) {
    it(`take no more memory for 1 GiB than for 128 MiB with ${scheme}`, async () => {
      const [little, much] = [await peak(scheme, 128), await peak(scheme, 1024)]
      assert.ok(little > 0 && much < little + ALLOWANCE_KIB, `${little} KiB for 128 MiB, ${much} KiB for 1 GiB`)
    })
  }
})
