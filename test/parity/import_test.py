"""Imported rules beside the rules: what the kernel forwards, natto forwards with the table that `natto
import` makes of the same rules, and nothing else.
"""

import contextlib
import shlex
import subprocess
from pathlib import Path

import pytest
from cases import SIDES, Maker
from kernel import INTERFACE, Kernel, Outputs
from lab.lab import Lab
from parity_test import identification, packets_of, through_natto
from rules import FORMS, iptables_commands, write_natto_files

PACKETS = 6_000
KINDS = ("plain", "hairpin", "unmapped")
ICMP, UNREACHABLE = 1, 3


def import_into(natto: Path, form: str, folder: Path) -> Path:
    """natto.toml with the table that comes of the rules of `form`."""
    config = write_natto_files(folder)
    script = "\n".join(shlex.join(words) for words in iptables_commands(form, INTERFACE))
    realms = [word for side in SIDES for word in ("--realm", f"{INTERFACE[side]}={side}")]
    done = subprocess.run(
        [natto, "import", *realms, "-"], input=script, capture_output=True, text=True, check=True
    )
    (folder / "mappings.toml").write_text(done.stdout)
    return config


def forwarded(outputs: Outputs, number: int) -> list[tuple[str, bytes]]:
    """Without what the translator itself told the sender."""
    return [
        (side, packet)
        for side, packet in outputs.get(number, [])
        if not (packet[9] == ICMP and packet[(packet[0] & 15) * 4] == UNREACHABLE)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_the_imported_table_forwards_what_the_rules_forward(
    binary: Path, world: None, seed: int, pytestconfig: pytest.Config, form: str
) -> None:
    made = Maker(seed).cases(pytestconfig.option.packets or PACKETS)
    cases = [case for case in made if case.kind in KINDS]
    packets = packets_of(cases)
    with Lab(binary) as lab, contextlib.closing(Kernel(lab, form)) as iptables:
        kernel = iptables.send(packets)
    natto = through_natto(binary, packets, lambda folder: import_into(binary, form, folder))
    passed = 0
    for case in cases:
        number = identification(case)
        theirs, ours = forwarded(kernel, number), forwarded(natto, number)
        assert ours == theirs, f"{case.kind} from {case.side}: {case.packets[0].hex()}"
        passed += len(ours)
    assert 0 < passed < len(cases)
