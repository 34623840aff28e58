import type { Engine } from 'dbvault'
import { check } from './check.ts'
import { databases } from './databases.ts'
import { descriptor, type Flags } from './descriptor.ts'
import { dump } from './dump.ts'
import { inspect } from './inspect.ts'
import { probe } from './probe.ts'
import { prove } from './prove.ts'
import { restore } from './restore.ts'

export default { descriptor, probe, databases, dump, check, prove, inspect, restore } satisfies Engine<Flags>
