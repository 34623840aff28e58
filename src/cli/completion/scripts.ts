import { DbvaultError } from '../../errors/dbvault-error.ts'

interface Shell {
  /** What the shell has to run. It only asks dbvault, so it never has to be made anew. */
  readonly script: string
  /** How to have it run in every new shell. */
  readonly setup: string
}

const bash = `_dbvault() {
  local kind candidates
  COMPREPLY=()
  candidates="$(command dbvault __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" || return
  kind="\${candidates%%$'\\n'*}"
  local IFS=$'\\n'
  COMPREPLY=($(printf '%s\\n' "$candidates" | tail -n +2 | cut -f 1))
  case "$kind" in
    file) compopt -o filenames; COMPREPLY+=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]#=}")) ;;
    directory) compopt -o filenames; COMPREPLY+=($(compgen -d -- "\${COMP_WORDS[COMP_CWORD]#=}")) ;;
  esac
}
complete -F _dbvault dbvault
`

const zsh = `#compdef dbvault
_dbvault() {
  local kind line
  local -a lines described
  lines=("\${(@f)$(command dbvault __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  kind="$lines[1]"
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#described )) && _describe -t dbvault dbvault described
  compset -P '--*='
  case $kind in
    file) _files ;;
    directory) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _dbvault ]]; then _dbvault "$@"; else compdef _dbvault dbvault; fi
`

const fish = `function __dbvault_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (command dbvault __complete fish $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case file
            __fish_complete_path (commandline -ct)
        case directory
            __fish_complete_directories (commandline -ct)
    end
    test (count $lines) -gt 1; and printf '%s\\n' $lines[2..-1]
end
complete -c dbvault -f -a '(__dbvault_complete)'
`

const powershell = `Register-ArgumentCompleter -Native -CommandName dbvault -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    $lines = @(& dbvault __complete powershell @words $(if ($wordToComplete) { $wordToComplete } else { '""' }) 2>$null)
    foreach ($line in $lines | Select-Object -Skip 1) {
        $value, $summary = $line -split "\`t", 2
        if ($value) {
            $tip = if ($summary) { $summary } else { $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $tip)
        }
    }
}
`

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { script: bash, setup: 'Add to ~/.bashrc:  source <(dbvault autocomplete bash)' },
  zsh: { script: zsh, setup: 'Add to ~/.zshrc, after compinit:  source <(dbvault autocomplete zsh)' },
  fish: { script: fish, setup: 'Run once:  dbvault autocomplete fish > ~/.config/fish/completions/dbvault.fish' },
  powershell: {
    script: powershell,
    setup: 'Add to $PROFILE:  dbvault autocomplete powershell | Out-String | Invoke-Expression',
  },
}

export const shells = Object.keys(SHELLS)

/** @throws USAGE naming the shells that there are scripts for */
export function shellNamed(name: string): Shell {
  const shell = SHELLS[name]
  if (shell) return shell
  throw new DbvaultError('USAGE', `There is no completion for ${name} (there is for: ${shells.join(', ')})`)
}
