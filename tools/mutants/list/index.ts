import type { Mutant } from '../mutant.ts'
import { COMMAND_LINE } from './command-line.ts'
import { CLOUDS } from './clouds.ts'
import { CRYPTOGRAPHY } from './cryptography.ts'
import { COMPRESSION } from './compression.ts'
import { DB2 } from './db2.ts'
import { MONGO } from './mongo.ts'
import { MYSQL } from './mysql.ts'
import { OPERATIONS } from './operations.ts'
import { PLUGINS } from './plugins.ts'
import { POSTGRES } from './postgres.ts'
import { PROOF } from './proof.ts'
import { REDIS } from './redis.ts'
import { SQLITE } from './sqlite.ts'
import { STORAGE } from './storage.ts'
import { TOOLS } from './tools.ts'
import { TRANSFER } from './transfer.ts'

export const MUTANTS: readonly Mutant[] = [
  ...PROOF,
  ...OPERATIONS,
  ...CRYPTOGRAPHY,
  ...COMPRESSION,
  ...STORAGE,
  ...CLOUDS,
  ...TRANSFER,
  ...TOOLS,
  ...SQLITE,
  ...DB2,
  ...MONGO,
  ...REDIS,
  ...MYSQL,
  ...POSTGRES,
  ...COMMAND_LINE,
  ...PLUGINS,
]
