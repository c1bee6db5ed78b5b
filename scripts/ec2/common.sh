#!/usr/bin/env bash
# To be sourced: what the scripts of this folder share: options, messages, and changes that are printed as they are
# made. For tests, NATTO_ROOT=/tmp/tree stands before every path that is read or written.

shopt -s inherit_errexit

program=$(basename "$0")
root=${NATTO_ROOT:-}
dry_run=false

# Exit statuses, as those of natto.
# shellcheck disable=SC2034  # for those who source this
readonly input_wrong=1 usage_wrong=2 system_refused=3

fail() {
  local status=$1
  shift
  printf '%s: %s\n' "$program" "$*" >&2
  exit "$status"
}

say() { printf '%s: %s\n' "$program" "$*"; }

# The comment at the head of the script.
usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit "${1:-0}"
}

need_root() {
  if [ -z "$root" ] && ((EUID != 0)); then
    fail "$system_refused" "only root may do this: sudo $0"
  fi
}

# Print a command, and run it unless this is a dry run.
run() {
  printf '+ %s\n' "$*"
  "$dry_run" || "$@"
}

# One value into a file of the kernel's.
set_value() {
  local file=$1 value=$2
  printf '+ echo %s > %s\n' "${value:-"''"}" "${file#"$root"}"
  if "$dry_run" || printf '%s\n' "$value" >"$file"; then
    return
  fi
  printf '%s: the kernel refused this\n' "$program" >&2
  return "$system_refused"
}

# A whole text file; no change if it says that already.
write_file() {
  local file=$1 text=$2
  if [ -f "$file" ] && [ "$(<"$file")" = "$text" ]; then
    return
  fi
  printf '+ write %s\n' "${file#"$root"}"
  "$dry_run" && return
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$text" >"$file.new"
  mv "$file.new" "$file"
}

remove_file() {
  local file=$1
  [ -e "$file" ] || return 0
  printf '+ rm %s\n' "${file#"$root"}"
  "$dry_run" || rm "$file"
}

# Wait until a command succeeds, at most so many seconds.
wait_until() {
  local seconds=$1
  shift
  local deadline=$((SECONDS + seconds))
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
