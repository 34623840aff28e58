import type { Engine } from 'dbvault'
import { descriptor, type Flags } from './descriptor.ts'
import { dump } from './dump.ts'
import { inspect } from './inspect.ts'
import { probe } from './probe.ts'
import { check, prove } from './prove.ts'
import { restore } from './restore.ts'

export default { descriptor, probe, dump, check, prove, inspect, restore } satisfies Engine<Flags>
