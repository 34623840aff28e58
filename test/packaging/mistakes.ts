/** A mistake that an author makes in a new plugin, and what the compiler has to say of it first. */
export interface Mistake {
  readonly what: string
  readonly file: string
  /** What stands there, and what the author makes of it. */
  readonly right: string
  readonly wrong: string
  /** What stands in the line that is named, where that is another one. */
  readonly at?: string
  readonly said: RegExp
}

export const MISTAKES: readonly Mistake[] = [
  {
    what: 'a method is missing',
    file: 'src/index.ts',
    right: 'probe, dump, check, prove, inspect, restore }',
    wrong: 'probe, dump, check, prove, restore }',
    said: /Property 'inspect' is missing in type .* required in type 'Engine</,
  },
  {
    what: 'a field of the descriptor is missing',
    file: 'src/descriptor.ts',
    right: "  summary: 'Text files, a row a line',\n",
    wrong: '',
    at: 'satisfies EngineDescriptor',
    said: /Property 'summary' is missing/,
  },
  {
    what: 'a flag is of a type that there is not',
    file: 'src/descriptor.ts',
    right: "type: 'boolean'",
    wrong: "type: 'bool'",
    said: /'"bool"' is not assignable to type '"boolean" \| "integer" \| "path" \| "string"'/,
  },
  {
    what: 'another contract is named',
    file: 'src/descriptor.ts',
    right: 'contract: 1',
    wrong: 'contract: 2',
    said: /Type '2' is not assignable to type '1'/,
  },
  {
    what: 'a setting is misspelt',
    file: 'src/descriptor.ts',
    right: 'settings: []',
    wrong: "settings: ['hostname']",
    said: /'"hostname"' is not assignable to type 'SourceSetting'/,
  },
  {
    what: 'a flag is read that was not declared',
    file: 'src/dump.ts',
    right: "flags['skip-empty']",
    wrong: "flags['skip-emty']",
    said: /'skip-emty' does not exist.* Did you mean 'skip-empty'\?/,
  },
  {
    what: 'an error has a code that there is not',
    file: 'src/dump.ts',
    right: "'DUMP_INCOMPLETE'",
    wrong: "'DUMP_BROKEN'",
    said: /'"DUMP_BROKEN"' is not assignable to parameter of type 'ErrorCode'/,
  },
  {
    what: 'a dump yields text',
    file: 'src/dump.ts',
    right: 'yield Buffer.from(HEAD)',
    wrong: 'yield HEAD',
    said: /'string' is not assignable to type 'Uint8Array</,
  },
  {
    what: 'a promise is forgotten',
    file: 'src/dump.ts',
    right: 'fingerprint: () => read.promise',
    wrong: 'fingerprint: () => new Tally().fingerprint()',
    said: /Type 'LinesFingerprint' is missing the following properties from type 'Promise<Fingerprint>'/,
  },
  {
    what: 'a result has a value that there is not',
    file: 'src/probe.ts',
    right: "consistency: 'none'",
    wrong: "consistency: 'snapshot'",
    said: /'"snapshot"' is not assignable to type '"none" \| "point-in-time"'/,
  },
  {
    what: 'a secret is used as a text',
    file: 'src/probe.ts',
    right: 'await using file = await openSource(database, host)',
    wrong:
      'const password: string | undefined = arguments[0].password as Source<Flags>["password"]\n  await using file = await openSource(database + password, host)',
    said: /Type 'Secret \| undefined' is not assignable to type 'string \| undefined'/,
  },
]
