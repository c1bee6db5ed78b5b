"""Bash completion: conf/natto.bash says what natto's own help says."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent.parent / "conf" / "natto.bash"

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(binary: Path, world: None) -> Complete:
    """complete("show", "") is what bash makes of `natto show ` and the tab key."""

    def ask(*words: str) -> list[str]:
        line = ["natto", *words]
        script = (
            f". {shlex.quote(str(SCRIPT))}; COMP_WORDS=({shlex.join(line)}); COMP_CWORD={len(words)}\n"
            '[[ $(complete -p natto) == "complete -F _natto natto" ]] || exit 1\n'
            '_natto; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        path = f"{binary.parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=True, cwd=SCRIPT.parent, env={"PATH": path}
        )
        assert done.stderr == ""
        return done.stdout.split()

    return ask


def each_help(binary: Path, *command: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command with its help, and its commands with theirs."""
    text = subprocess.run([binary, *command, "--help"], capture_output=True, text=True, check=True).stdout
    yield command, text
    _, _, listed = text.partition("\nSubcommands:\n")
    for name in re.findall(r"^  (\w+)", listed.split("\n\n")[0], re.MULTILINE):
        yield from each_help(binary, *command, name)


def test_every_command_and_option_and_no_other(complete, binary) -> None:
    helps = dict(each_help(binary))
    assert len(helps) > 15
    for command, text in helps.items():
        options = re.findall(r"^  (-\S+)", text, re.MULTILINE)
        long_options = [each for names in options for each in names.split(",") if each.startswith("--")]
        assert complete(*command, "--") == long_options, command
        children = [each[-1] for each in helps if each and each[:-1] == command]
        if children:
            assert complete(*command, "") == children, command


def test_values(complete) -> None:
    assert complete("sh") == ["show"]
    assert complete("show", "drops", "--sa") == ["--samples"]
    assert complete("show", "mappings", "--sort", "") == ["file", "name", "packets", "bytes", "last"]
    assert complete("show", "mappings", "--sort", "=", "na") == ["name"]
    assert complete("check", "--strict", "-c", "mappings.t") == ["mappings.toml"]
    assert complete("check", "--config", "=", "mappings.t") == ["mappings.toml"]
    assert complete("replay", "--in", "company-a", "=", "mappings.t") == ["mappings.toml"]
    assert complete("explain", "--dport", "") == [], "of which nobody knows"
    assert complete("show", "mappings", "") == [], "no natto runs"


def test_names_of_the_running_natto(complete, natto) -> None:
    names = [mapping["name"] for mapping in natto.ask("mappings")["mappings"]]
    assert complete("show", "mappings", "") == names
    assert complete("show", "mappings", "--json", names[0][:-1]) == names
