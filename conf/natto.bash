# shellcheck shell=bash
# Bash completion of natto: its commands, their options, and the values of these. All of it is what
# `natto COMMAND --help` says, so that it is that of the natto which is installed.

# A part of a command's help, without its title: _natto_section options|positionals|subcommands HELP
_natto_section() {
  awk -v title="$1:" '/^[^ ]/ { on = tolower($1) == title; next } on' <<<"$2"
}

_natto_commands() { _natto_section subcommands "$1" | sed -En 's/^  ([a-z]+) .*/\1/p'; }

_natto_options() {
  _natto_section options "$1" | sed -En 's/^  (-[^ ]*(, *-[^ ]*)*).*/\1/p' | tr -d ' ' | tr , '\n'
}

# What the running natto has, if one answers: _natto_names mappings|rules|drops
_natto_names() {
  local -a most=()
  [[ $1 == mappings ]] && most=(--limit 1000)
  natto show "$1" --timeout 1 --json "${most[@]}" 2>/dev/null |
    grep -oE '"(name|reason)": *"[^"]*"' | cut -d '"' -f 4
}

# What `cur` may become, by what the help says of the value: _natto_values TYPE
_natto_values() {
  case $1 in
    *"{"*"}"*)
      local choices=${1#*"{"}
      choices=${choices%%"}"*}
      compgen -W "${choices//,/ }" -- "$cur"
      ;;
    FILE* | KEY* | PATH* | REALM=FILE* | TABLE*) compgen -f -- "$cur" ;;
    REASON*) compgen -W "$(_natto_names drops)" -- "$cur" ;;
    RULE*) compgen -W "$(_natto_names rules)" -- "$cur" ;;
    NAME* | MAPPING*) compgen -W "$(_natto_names mappings)" -- "$cur" ;;
  esac
}

_natto() {
  COMPREPLY=()
  local cur=${COMP_WORDS[COMP_CWORD]} option="" help type word
  local -a before=("${COMP_WORDS[@]:0:COMP_CWORD}") command=()
  # For the shell "=" is a word of its own: --sort=bytes, company-a=a.pcap.
  if [[ $cur == "=" ]]; then
    before+=("=")
    cur=""
  fi
  if [[ ${before[-1]} == "=" ]]; then
    option=${before[-2]}
    [[ $option == -* ]] || type=FILE
  elif [[ ${before[-1]} == -* ]]; then
    option=${before[-1]}
  fi

  help=$(natto --help 2>/dev/null) || return
  for word in "${before[@]:1}"; do
    _natto_commands "$help" | grep -qx -e "$word" || continue
    command+=("$word")
    help=$(natto "${command[@]}" --help 2>/dev/null) || return
  done
  if [[ -n $option && -z $type ]]; then
    type=$(sed -En "s/^  (-[^ ]*, *)?$option(,[^ ]*)? ([^ ].*)/\3/p" <<<"$help")
    # Without a value the next word is an argument.
    [[ -n $type ]] || option=""
  fi
  if [[ -z $option && $cur != -* ]]; then
    type=$(_natto_section positionals "$help" | sed -En '1s/^  [^ ]+ +([^ ]*).*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$(_natto_commands "$help")" -- "$cur")
    ((${#COMPREPLY[@]} == 0)) || return
  elif [[ -z $option ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_natto_options "$help")" -- "$cur")
    return
  fi
  [[ $type != *FILE* && $type != PATH* ]] || compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(_natto_values "$type")
}

complete -F _natto natto
