import type { Command } from '@oclif/core/command'
import type { FlagInput, Input, OutputFlags, ParserOutput } from '@oclif/core/interfaces'
import { ux } from '@oclif/core/ux'
import { writeOut } from '../../host/confinement.ts'
import { wantsJson } from '../environment.ts'
import { outputFlags } from '../flags/output.ts'
import { Interrupt } from '../interrupt.ts'
import { loadConfig } from '../load-config.ts'
import { renderDocument } from '../render-error.ts'
import { usageError } from '../usage-error.ts'
import { changePlugins } from './change-plugins.ts'
import { installedPlugins } from './installed-plugins.ts'
import type { PackageWords } from './package-words.ts'

/** Any record: oclif describes parsed flags and arguments that loosely. */
type Output = OutputFlags<FlagInput>

// oxlint-disable-next-line typescript/no-explicit-any -- what TypeScript wants of the constructor of a mixin
type CommandClass = typeof Command & (new (...args: any[]) => Command)

interface Ours {
  readonly summary: string
  readonly description?: string
  readonly examples?: Command.Example[]
  readonly words?: PackageWords
}

/** One of oclif's commands that change plugins, made so that it changes all or nothing, with dbvault's `--json`. */
export function careful(Original: CommandClass, { summary, words, ...texts }: Ours): CommandClass {
  return class Careful extends Original {
    static override enableJsonFlag = false
    static override baseFlags = outputFlags
    static override summary = summary
    static override description = texts.description ?? ''
    static override examples = texts.examples ?? []

    override jsonEnabled(): boolean {
      return wantsJson(this.argv)
    }

    /** The original hands over itself, without the flags that are added here. */
    protected override async parse<F extends Output, B extends Output, A extends Output>(
      options?: Input<F, B, A>,
      argv?: string[],
    ): Promise<ParserOutput<F, B, A>> {
      const { args, flags, strict } = Original
      const input = { ...options, args, flags, strict, baseFlags: outputFlags } as unknown as Input<F, B, A>
      const output = await super.parse<F, B, A>(input, argv).catch((error: unknown) => {
        throw usageError(error, this.id ?? '', false)
      })
      return words ? { ...output, argv: [...(await words(output.argv as string[], this.config))] } : output
    }

    override async run(): Promise<void> {
      using interrupt = new Interrupt(() => {})
      await changePlugins(this.config, interrupt.signal, async () => Original.prototype.run.call(this))
      if (!this.jsonEnabled()) return
      const { plugins } = installedPlugins(await loadConfig(this.config.root))
      writeOut(renderDocument({ ok: true, plugins }))
    }

    /** `main` tells of every failure in dbvault's own way; what is shown as running would swallow it. */
    protected override async catch(error: Error): Promise<never> {
      if (ux.action.running) ux.action.stop('failed')
      throw error
    }
  }
}
