"""natto beside the kernel's iptables: the same packets through both, compared byte for byte.

Every difference must belong to a class that doc/parity.md lists.
"""

import contextlib
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pcap
import pytest
from cases import SIDES, Case, Maker, error_about
from classes import OF_PAIRS, Output, class_of
from kernel import ETHERNET_BYTES, Kernel, Outputs, add_output
from lab.lab import Lab
from rules import FORMS, write_natto_files

PACKETS = 12_000
ETHERNET = bytes.fromhex("020000000001" "020000000002" "0800")
DOCUMENT = Path(__file__).resolve().parents[2] / "doc" / "parity.md"
FIRST_ERROR = 0x8000  # identifications from here on are those of errors about packets
# What may differ in no class at all, but where no rule names the pair.
MUST_BE_EQUAL = ("plain", "icmp_error", "options", "router_alert", "source_route",
                 "bad_header_checksum", "martian")  # fmt: skip
NAMES = {rule.__name__ for rule in OF_PAIRS}
PAIRS_ALONE = "pair_without_a_rule"


def through_natto(
    natto: Path,
    packets: list[tuple[str, bytes]],
    write_files: Callable[[Path], Path] = write_natto_files,
) -> Outputs:
    """By `natto replay`, with the files that `write_files` puts into a folder."""
    with tempfile.TemporaryDirectory(prefix="parity-") as name:
        folder = Path(name)
        words = [str(natto), "replay", "-c", str(write_files(folder))]
        for side in SIDES:
            frames = [ETHERNET + packet for where, packet in packets if where == side]
            pcap.write(folder / f"in-{side}.pcap", frames)
            words += ["--in", f"{side}={folder / f'in-{side}.pcap'}"]
            words += ["--out", f"{side}={folder / f'out-{side}.pcap'}"]
        subprocess.run(words, check=True, capture_output=True)
        outputs: Outputs = {}
        for side in SIDES:
            for frame in pcap.read(folder / f"out-{side}.pcap"):
                add_output(outputs, side, frame[ETHERNET_BYTES:])
        return outputs


def identification(case: Case) -> int:
    return int.from_bytes(case.packets[0][4:6], "big")


def errors_about(cases: list[Case], outputs: Outputs) -> list[Case]:
    """The second round: hosts answer what reached them with errors."""
    errors = []
    for case in cases:
        if case.kind == "icmp_error":
            ((side, packet),) = outputs[identification(case)]
            error = error_about(packet, FIRST_ERROR + len(errors))
            errors.append(Case("icmp_error", side, (error,)))
    return errors


@dataclass
class Comparison:
    """With iptables rules of which form; how many packets there were, how many cases of each kind are equal, how many differ by class, and
    which should not differ: the case, and what the kernel and natto made of it.
    """

    form: str
    packets: int
    equal: Counter[str]
    classes: Counter[str]
    wrong: list[tuple[Case, Output, Output]]


def compare(cases: list[Case], kernel: Outputs, natto: Outputs, form: str) -> Comparison:
    comparison = Comparison(form, len(packets_of(cases)), Counter(), Counter(), [])
    for case in cases:
        ours, theirs = (outputs.get(identification(case), []) for outputs in (natto, kernel))
        if ours == theirs:
            comparison.equal[case.kind] += 1
            continue
        name = class_of(case, theirs, ours, form)
        if name is None or (case.kind in MUST_BE_EQUAL and name != PAIRS_ALONE):
            comparison.wrong.append((case, theirs, ours))
        else:
            comparison.classes[name] += 1
    return comparison


def packets_of(cases: list[Case]) -> Output:
    return [(case.side, packet) for case in cases for packet in case.packets]


@pytest.fixture(scope="module", params=FORMS)
def comparison(
    request: pytest.FixtureRequest, binary: Path, world: None, seed: int, pytestconfig: pytest.Config
) -> Comparison:
    cases = Maker(seed).cases(pytestconfig.option.packets or PACKETS)
    with Lab(binary) as lab, contextlib.closing(Kernel(lab, request.param)) as iptables:
        packets = packets_of(cases)
        kernel, natto = iptables.send(packets), through_natto(binary, packets)
        errors = errors_about(cases, natto)
        packets = packets_of(errors)
        kernel |= iptables.send(packets)
        natto |= through_natto(binary, packets)
    return compare(cases + errors, kernel, natto, request.param)


def described(case: Case, theirs: Output, ours: Output) -> str:
    lines = [f"{case.kind} from {case.side}"]
    for name, packets in (("in", packets_of([case])), ("kernel", theirs), ("natto", ours)):
        lines += [f"  {name:<7} {side:<10} {packet.hex()}" for side, packet in packets or [("-", b"")]]
    return "\n".join(lines)


def test_every_difference_has_a_class(comparison, seed) -> None:
    if comparison.wrong:
        first = [described(*each) for each in comparison.wrong[:5]]
        pytest.fail("\n".join([f"seed {seed}: {len(comparison.wrong)} have none:", *first]), pytrace=False)


def test_every_class_is_seen(comparison) -> None:
    seen = NAMES if comparison.form == "for_pairs" else NAMES - {PAIRS_ALONE}
    assert comparison.classes.keys() == seen


def test_the_document_lists_exactly_the_classes() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), re.MULTILINE)) == NAMES


def test_at_least_10_000_packets(comparison) -> None:
    assert comparison.packets >= 10_000


def test_ordinary_traffic_is_equal(comparison) -> None:
    assert set(MUST_BE_EQUAL) <= comparison.equal.keys(), comparison.equal
