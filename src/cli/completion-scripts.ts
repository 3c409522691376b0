/**
 * What a shell runs when somebody presses Tab: it asks `sash complete`, which answers with a line for each candidate (the
 * value, a tab, a description), and `:files` where names of files may stand.
 */
export const completionScripts = {
  bash: `# sash for bash. In ~/.bashrc: source <(sash completion bash)
_sash() {
  local line value
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default
    else
      value=\${line%%$'\\t'*}
      COMPREPLY+=("$(printf %q "$value")")
    fi
  done < <(sash complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _sash sash
`,
  zsh: `#compdef sash
# sash for zsh. In ~/.zshrc, after compinit: source <(sash completion zsh)
_sash() {
  local line
  local -a candidates
  for line in "\${(@f)$(sash complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  (( $#candidates )) && _describe -t sash sash candidates
}
compdef _sash sash
`,
  fish: `# sash for fish. Once: sash completion fish > ~/.config/fish/completions/sash.fish
function __sash_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (sash complete -- $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c sash -f -a '(__sash_complete)'
`,
} as const;
