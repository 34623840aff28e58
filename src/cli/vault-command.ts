import { Command } from '@oclif/core/command'
import { ExitError } from '@oclif/core/errors'
import type { FlagInput, Input, OutputFlags, ParserOutput } from '@oclif/core/interfaces'
import type { Host, Secret } from '../contract/host.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { writeOut } from '../host/confinement.ts'
import { redact } from '../host/redact.ts'
import { secret } from '../host/secret.ts'
import { contributedName, environmentNames, type Takes } from '../registry/contribution.ts'
import { contributedFlags, type OclifFlag } from '../registry/flags.ts'
import { Registry } from '../registry/registry.ts'
import { checkRelations } from '../registry/relations.ts'
import { canAsk } from './ask.ts'
import { fromEnvironment, wantsJson } from './environment.ts'
import { exitCodeOf } from './exit-code.ts'
import { outputFlags } from './flags/output.ts'
import { Interrupt } from './interrupt.ts'
import { failureDocument, renderDocument, renderError, renderWarning } from './render-error.ts'
import { hideArguments, isSecret } from './secret-flags.ts'
import { namePlugin } from './name-plugin.ts'
import { missingPlugins, offerToInstall } from './plugins/offer-to-install.ts'
import type { Given } from './one-of.ts'
import type { Lookup } from './place.ts'
import { tolerateClosedPipes } from './stdout.ts'
import { usageError } from './usage-error.ts'

type Values = Record<string, unknown>

/** Any record: oclif describes parsed flags and arguments that loosely. */
type Output = OutputFlags<FlagInput>

/**
 * What every command of dbvault is: flags of plugins and of the environment are parsed with its own, Ctrl-C and
 * `--timeout` end it through {@link signal}, a failure is one message on stderr, one exit code and, with `--json`, one
 * document on stdout.
 */
export abstract class VaultCommand extends Command {
  /** The kinds of plugin whose flags this command takes. */
  static takes: Takes = []
  static override baseFlags = outputFlags

  #interrupt: Interrupt | undefined
  #registry: Registry | undefined
  #given: ReadonlySet<string> = new Set()
  #secrets: readonly Secret[] = []
  #partial: { readonly value: object; readonly text: string } | undefined

  /** Aborts on Ctrl-C, SIGTERM and time-out. Its reason is the error that the command then fails with. */
  protected get signal(): AbortSignal {
    if (!this.#interrupt) throw new Error('a command has no signal before init and after finally')
    return this.#interrupt.signal
  }

  /** What the installed plugins provide. */
  protected get registry(): Registry {
    return (this.#registry ??= Registry.of(this.config))
  }

  /** Whether a flag stands on the command line itself, by long name; a variable or a default does not count. */
  protected readonly given: Given = (flag) => this.#given.has(flag)

  /** The values of plugins' secret flags, from wherever they are. */
  protected get secrets(): readonly Secret[] {
    return this.#secrets
  }

  /** What places and backups are looked up with. */
  protected lookup<F extends Lookup['flags']>(flags: F, host: Host): Lookup & { readonly flags: F } {
    return { flags, given: this.given, registry: this.registry, host }
  }

  /** Writes the result to stdout, once: the text, or with `--json` `value` with `"ok": true` before it. */
  protected result(value: object, text: string | (() => string)): void {
    if (this.jsonEnabled()) {
      writeOut(this.#clean(renderDocument({ ok: true, ...value })))
      return
    }
    const shown = typeof text === 'string' ? text : text()
    if (shown !== '') writeOut(this.#clean(shown.endsWith('\n') ? shown : `${shown}\n`))
  }

  /** Says what stands although the command is about to fail: it goes to stdout with or before the error. */
  protected keep(value: object, text: string): void {
    this.#partial = { value, text }
  }

  /** Tells the user on stderr, also with `--json` and `--quiet`. */
  override warn(input: Error | string): Error | string {
    process.stderr.write(renderWarning(typeof input === 'string' ? input : input.message))
    return input
  }

  override jsonEnabled(): boolean {
    return wantsJson(this.argv)
  }

  protected override async init(): Promise<void> {
    await super.init()
    tolerateClosedPipes()
    this.#interrupt = new Interrupt((text) => process.stderr.write(`${text}\n`))
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#interrupt?.[Symbol.dispose]()
    await super.finally(error)
  }

  /** Shows the failure, then ends with its exit code and nothing more to show. */
  protected override async catch(thrown: Error): Promise<never> {
    const error = namePlugin(asDbvaultError(thrown, this.#interrupt?.signal))
    const document = failureDocument(error, this.#partial?.value)
    if (this.jsonEnabled()) writeOut(this.#clean(renderDocument(document)))
    else if (this.#partial) this.result({}, this.#partial.text)
    process.stderr.write(this.#clean(renderError(error)))
    throw new ExitError(exitCodeOf(error.code))
  }

  protected override async parse<F extends Output, B extends Output, A extends Output>(
    options?: Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<ParserOutput<F, B, A>> {
    const input = options ?? (this.ctor as unknown as Input<F, B, A>)
    const id = this.id ?? ''
    const { takes } = this.ctor as typeof VaultCommand
    const missing = missingPlugins(argv, takes, this.registry)
    if (missing.length > 0 && canAsk({ json: this.jsonEnabled(), quiet: argv.includes('--quiet') })) {
      if (await offerToInstall(missing, this.config, this.signal)) this.#registry = undefined
    }
    const contributed = contributedFlags(this.registry.all, id, takes)
    const flags = { ...input.baseFlags, ...input.flags, ...contributed } as Record<string, OclifFlag>
    const output = await this.#parseArguments(input, flags, argv)
    const values = output.flags as Values
    this.#given = this.#dropEmpty(values, output)
    for (const [name, flag] of Object.entries(flags)) {
      if (this.given(name)) continue
      const value = await fromEnvironment({ ...flag, name }, this.#variables(name, flag), this)
      if (value !== undefined) values[name] = value
    }
    const relations = { command: id, takes, given: this.#given, values, addresses: addressesIn(output) }
    for (const name of checkRelations(this.registry, relations)) delete values[name]
    this.#secrets = Object.keys(contributed)
      .filter((name) => isSecret(flags[name]) && typeof values[name] === 'string')
      .map((name) => secret(values[name] as string))
    if (typeof values['url'] === 'string') this.hide(secret(values['url']))
    const secrets = [...this.#given].filter((name) => isSecret(flags[name]))
    if (secrets.length > 0) this.warn(hideArguments(secrets, flags, id))
    if (typeof values['timeout'] === 'number') this.#interrupt?.timeoutAfter(values['timeout'])
    return output
  }

  /** oclif's parser does the command line only: it knows one variable a flag, and does not say where a value is from. */
  async #parseArguments<F extends Output, B extends Output, A extends Output>(
    input: Input<F, B, A>,
    flags: Readonly<Record<string, OclifFlag>>,
    argv: string[],
  ): Promise<ParserOutput<F, B, A>> {
    const bare = Object.entries(flags).map(([name, { env: _, ...flag }]) => [name, flag] as const)
    try {
      const whole = { ...input, flags: Object.fromEntries(bare) as FlagInput<F>, baseFlags: {} as FlagInput<B> }
      return await super.parse<F, B, A>(whole, argv)
    } catch (error) {
      const secretGiven = argv.some((word) => isSecret(flags[word.replace(/^--|=.*$/g, '')]) || /^-[pk]/.test(word))
      const problem = usageError(error, this.id ?? '', secretGiven)
      // A flag may be unknown because its plugin is: that is the thing to say.
      const { takes } = this.ctor as typeof VaultCommand
      const missing = problem.message.startsWith('unknown flag') ? missingPlugins(argv, takes, this.registry) : []
      for (const { kind, name } of missing) this.registry.require(kind, name)
      throw problem
    }
  }

  /** Takes out empty values, also among several, and says so. Returns the names of the flags that were given. */
  #dropEmpty(values: Values, { raw }: ParserOutput): ReadonlySet<string> {
    const given = new Set(raw.filter((token) => token.type === 'flag').map((token) => token.flag))
    for (const name of given) {
      const value = values[name]
      const several = Array.isArray(value)
      if (several ? !value.includes('') : value !== '') continue
      this.warn(`--${name} was given an empty value, which counts as not given`)
      const rest = several ? value.filter((item) => item !== '') : []
      if (rest.length > 0) values[name] = rest
      else {
        delete values[name]
        given.delete(name)
      }
    }
    return given
  }

  /** Has a secret cut out of all that is printed from now on, and returns it. */
  protected hide<T extends Secret | undefined>(text: T): T {
    if (text !== undefined) this.#secrets = [...this.#secrets, text]
    return text
  }

  /** Without what a plugin, or a library of its, may have put into a message. */
  #clean(text: string): string {
    return redact(text, this.#secrets)
  }

  #variables(name: string, flag: OclifFlag): readonly string[] {
    for (const contribution of this.registry.all) {
      for (const key of Object.keys(contribution.descriptor.flags)) {
        if (contributedName(contribution, key) === name) return environmentNames(contribution, key)
      }
    }
    return flag.env === undefined ? [] : [flag.env]
  }
}

/** Arguments, and the flags that take one: wherever an address can stand. */
function addressesIn({ args, argv, flags }: ParserOutput): readonly string[] {
  const candidates = [...Object.values(args as Values), ...argv, flags.from, flags.to, flags.file] as unknown[]
  return candidates.filter((text) => typeof text === 'string')
}
