"""Exported rules beside the table: what natto forwards, the kernel forwards with the rules that `natto export`
makes of the same table, byte for byte, and nothing else.
"""

import contextlib
import subprocess
from pathlib import Path

import pytest
from cases import SIDES, Maker
from kernel import INTERFACE, Kernel
from lab.lab import Lab
from import_test import PACKETS, forwarded
from parity_test import identification, packets_of, through_natto
from rules import RANGES, may_talk, write_natto_files

KINDS = ("plain", "hairpin", "unmapped", "options")
LOADERS = {"iptables": ["iptables-restore"], "nft": ["nft", "-j", "-f", "-"]}
CHECKS = {"iptables": ["iptables-restore", "--test"], "nft": ["nft", "-c", "-j", "-f", "-"]}


def write_files(folder: Path, policy: bool) -> Path:
    """The table of all tests here; with a policy, half of the pairs may talk, of which some to some ports of TCP
    alone: a datagram from such a port would pass natto as an answer, and the kernel waits for the question.
    """
    config = write_natto_files(folder)
    if policy:
        rules = ['\n[policy]\ndefault = "deny"\nanswer = "drop"\n']
        a, b = SIDES
        for i, (here, _) in enumerate(RANGES[a]):
            for j, (there, _) in enumerate(RANGES[b]):
                ports = 'protocol = "tcp"\nports = ["1-30000", 40000]\n' if (i * j) % 3 == 2 else ""
                if may_talk(i, j):
                    ends = f'between = ["{a}:{here}", "{b}:{there}"]\n'
                    rules.append(f'\n[[allow]]\nname = "r{i}-{j}"\n{ends}{ports}')
        table = folder / "mappings.toml"
        table.write_text(table.read_text() + "".join(rules))
    return config


def exported(binary: Path, config: Path, form: str) -> str:
    interfaces = [word for side in SIDES for word in ("--interface", f"{side}={INTERFACE[side]}")]
    words = [binary, "export", "-c", config, "--to", form, *interfaces]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


class ExportedRules(Kernel):
    """A kernel with rules that natto printed."""

    def __init__(self, lab: Lab, form: str, rules: str) -> None:
        self._form, self._text = form, rules
        super().__init__(lab, form)

    def load(self, form: str) -> None:
        for command in (CHECKS[form], LOADERS[form]):
            words = self._middle.inside(*command)
            done = subprocess.run(words, input=self._text, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("policy", [False, True], ids=["open", "policy"])
@pytest.mark.parametrize("form", LOADERS)
def test_the_exported_rules_forward_what_natto_forwards(
    binary: Path, world: None, seed: int, pytestconfig: pytest.Config, tmp_path: Path, form: str, policy: bool
) -> None:
    made = Maker(seed).cases(pytestconfig.option.packets or PACKETS)
    cases = [case for case in made if case.kind in KINDS]
    packets = packets_of(cases)
    rules = exported(binary, write_files(tmp_path, policy), form)
    with Lab(binary) as lab, contextlib.closing(ExportedRules(lab, form, rules)) as kernel:
        theirs = kernel.send(packets)
    ours = through_natto(binary, packets, lambda folder: write_files(folder, policy))
    passed = 0
    for case in cases:
        number = identification(case)
        assert forwarded(theirs, number) == forwarded(ours, number), (
            f"{case.kind} from {case.side}: {case.packets[0].hex()}"
        )
        passed += len(forwarded(ours, number))
    assert 0 < passed < len(packets)
