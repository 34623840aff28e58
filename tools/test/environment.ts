/** Loaded by mocha before the tests, in each of its processes: points them to what `test/servers/install` brought. */
import { existsSync } from 'node:fs'
import { PYTHON } from '../../test/support/tools.ts'

if (existsSync(PYTHON)) process.env['DBVAULT_TEST_PYTHON'] ??= PYTHON
