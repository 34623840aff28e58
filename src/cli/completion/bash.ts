import type { Command } from '@oclif/core/command'

/** What completion has to know of a command. */
export type Completable = Pick<Command.Loadable, 'id' | 'aliases' | 'hidden' | 'flags'>

/**
 * A bash completion script for the given commands, with the values of flags that have options, and file names for
 * those that have none. The script that oclif makes completes no values, and nothing after the first `--flag value`.
 */
export function bashCompletion(bin: string, commands: readonly Completable[]): string {
  const lines = commands
    .filter(({ hidden }) => !hidden)
    .flatMap((command) => [command.id, ...command.aliases].map((id) => ({ words: id.replaceAll(':', ' '), command })))
    .toSorted((a, b) => (a.words < b.words ? -1 : 1))
  const ids = lines.map(({ words }) => quote(words))
  const flags = lines.map(
    ({ words, command }) => `    ${quote(words)}) flags=${quote(flagNames(command).join(' '))} ;;`,
  )
  const values = lines.flatMap(({ words, command }) => valueCases(words, command))
  return `# Made by "${bin} autocomplete"; changes are lost.
_${bin}_autocomplete() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" id="" next="" flags="" word known i
  local -a ids=(${ids.join(' ')})
  # "--flag=value" comes as three words, since = parts words in bash.
  [[ $cur == "=" ]] && cur=""
  [[ $prev == "=" ]] && prev="\${COMP_WORDS[COMP_CWORD-2]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${id:+$id }\${COMP_WORDS[i]}"
    for known in "\${ids[@]}"; do
      [[ $known == "$word" || $known == "$word "* ]] && id="$word" && continue 2
    done
    break
  done
  COMPREPLY=()
  case "$id|$prev" in
${values.join('\n')}
  esac
  case "$id" in
${flags.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    return
  fi
  for known in "\${ids[@]}"; do
    if [[ -z $id ]]; then
      next+=" \${known%% *}"
    elif [[ $known == "$id "* ]]; then
      known="\${known#"$id "}"
      next+=" \${known%% *}"
    fi
  done
  [[ -n $next ]] && COMPREPLY=($(compgen -W "$next" -- "$cur"))
}
complete -o default -F _${bin}_autocomplete ${bin}
`
}

function flagNames({ flags }: Completable): readonly string[] {
  const visible = Object.entries(flags).filter(([, flag]) => flag.hidden !== true)
  return [...visible.map(([name]) => `--${name}`), '--help']
}

/** One case for every flag that takes a value: its options, or else nothing, so that bash offers file names. */
function valueCases(words: string, { flags }: Completable): readonly string[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.type === 'option')
    .map(([name, flag]) => {
      const forms = [`--${name}`, ...(flag.char ? [`-${flag.char}`] : [])]
      const pattern = forms.map((form) => quote(`${words}|${form}`)).join(' | ')
      const options = flag.type === 'option' ? (flag.options ?? []).filter((option) => SAFE.test(option)) : []
      const reply = options.length > 0 ? `COMPREPLY=($(compgen -W ${quote(options.join(' '))} -- "$cur")); ` : ''
      return `    ${pattern}) ${reply}return ;;`
    })
}

/** Options come from plugins, and `compgen -W` expands what it is given. */
const SAFE = /^[\w.@%+:,/=-]+$/

function quote(text: string): string {
  return `'${text.replaceAll("'", '')}'`
}
