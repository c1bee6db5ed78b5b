#!/usr/bin/python3
"""natto beside the kernel's iptables: the same packets through both, compared byte for byte.

Every difference must belong to a class that doc/parity.md lists.
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e"), str(HERE.parent / "oracle")]
import junit  # noqa: E402
import pcap  # noqa: E402
from cases import SIDES, Case, Maker, error_about, other  # noqa: E402
from classes import CLASSES, class_of  # noqa: E402
from kernel import ETHERNET_BYTES, Kernel, Outputs, add_output  # noqa: E402
from lab import world  # noqa: E402
from lab.lab import Lab  # noqa: E402
from rules import write_natto_files  # noqa: E402

ETHERNET = bytes.fromhex("020000000001" "020000000002" "0800")
DOCUMENT = HERE.parent.parent / "doc" / "parity.md"
FIRST_ERROR = 0x8000  # identifications from here on are those of errors about packets
# What may differ in no class at all.
MUST_BE_EQUAL = ("plain", "icmp_error", "options", "router_alert", "source_route",
                 "bad_header_checksum", "martian")  # fmt: skip


def through_natto(natto: Path, packets: list[tuple[str, bytes]]) -> Outputs:
    """By `natto replay`."""
    with tempfile.TemporaryDirectory(prefix="parity-") as name:
        folder = Path(name)
        words = [str(natto), "replay", "-c", str(write_natto_files(folder))]
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


def compare(cases: list[Case], kernel: Outputs, natto: Outputs) -> tuple[Counter, Counter, list]:
    """How many of each kind are equal, how many differ by class, and what should not be."""
    equal, classes, wrong = Counter(), Counter(), []
    for case in cases:
        ours, theirs = (outputs.get(identification(case), []) for outputs in (natto, kernel))
        if ours == theirs:
            equal[case.kind] += 1
            continue
        name = class_of(case, theirs, ours)
        if name is None or case.kind in MUST_BE_EQUAL:
            wrong.append((case, theirs, ours))
        else:
            classes[name] += 1
    return equal, classes, wrong


def documented_classes() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), re.MULTILINE))


def tell(wrong: list) -> None:
    for case, theirs, ours in wrong[:5]:
        print(f"DIFFERENT, and in no class: {case.kind} from {case.side}")
        for name, packets in (("in", [(case.side, p) for p in case.packets]),
                              ("kernel", theirs), ("natto", ours)):  # fmt: skip
            for side, packet in packets or [("-", b"")]:
                print(f"  {name:<7} {side:<10} {packet.hex()}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("natto", type=Path, metavar="NATTO")
    parser.add_argument("--packets", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--junit", type=Path)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    natto = options.natto.resolve()
    print(f"seed {options.seed}")
    if reason := world.refusal():
        print(f"network namespaces are needed, and not permitted here: {reason}")
        return 1
    world.enter()
    cases = Maker(options.seed).cases(options.packets)
    with Lab(natto) as lab:
        iptables = Kernel(lab)
        packets = [(case.side, packet) for case in cases for packet in case.packets]
        kernel, ours = iptables.send(packets), through_natto(natto, packets)
        errors = errors_about(cases, kernel)
        second = [(case.side, packet) for case in errors for packet in case.packets]
        for outputs, more in ((kernel, iptables.send(second)), (ours, through_natto(natto, second))):
            outputs.update(more)
        iptables.close()
    equal, classes, wrong = compare(cases + errors, kernel, ours)

    count = len(packets) + len(second)
    print(f"{count} packets in {len(cases) + len(errors)} cases")
    for kind, number in sorted(equal.items()):
        print(f"  equal      {number:>6}  {kind}")
    for name, number in sorted(classes.items()):
        print(f"  by class   {number:>6}  {name}")
    tell(wrong)
    names = {rule.__name__ for rule in CLASSES}
    outcomes = {
        f"seed {options.seed}: every difference has a class": (
            f"{len(wrong)} have none" if wrong else None
        ),
        "every class is seen": (
            None if names == set(classes) else f"never seen: {sorted(names - set(classes))}"
        ),
        "doc/parity.md lists exactly the classes": (
            None if documented_classes() == names else str(documented_classes() ^ names)
        ),
        "at least 10,000 packets": None if count >= 10_000 else f"only {count}",
        "ordinary traffic is equal": (
            None if all(equal[kind] > 0 for kind in MUST_BE_EQUAL) else str(dict(equal))
        ),
    }
    for name, failure in outcomes.items():
        print(f"{'ok     ' if failure is None else 'FAILED '} {name}{f': {failure}' if failure else ''}")
    if options.junit:
        junit.write(options.junit, "parity", outcomes)
    return 1 if any(outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
