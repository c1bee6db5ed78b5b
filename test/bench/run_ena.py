#!/usr/bin/python3
"""Measure what a packet costs a worker's core on ENA's driver: natto and testpmd in turn on a card in software,
with transmit queues in the card's memory and in the host's, checksums made by the program and by the card.

The card limits the rate, so cycles are counted, of polls that found packets. Prints medians of the rounds, split
into the driver and the program; and how long a reset of the card takes a port out of use.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import ena_costs
from ena_programs import Lab, Program
from report import renew_section

SECTION = "ena"
PLACEMENTS = {"the card's memory": True, "the host's": False}
# Both change packets without a look at their checksums.
UNTOUCHED = ("io", "5tswap")
PROGRAMS = [
    *(Program(name) for name in UNTOUCHED),
    *(Program(name, offload) for name in ("csum", "natto") for offload in (False, True)),
]


def checksums(program: Program) -> str:
    if program.name in UNTOUCHED:
        return "as they are"
    return "the card's" if program.offload else "in software"


def measure(lab: Lab, rounds: int, seconds: float) -> dict[tuple[str, str, str], list[ena_costs.Cost]]:
    results: dict[tuple[str, str, str], list[ena_costs.Cost]] = {}
    for _ in range(rounds):
        for placement, device_memory in PLACEMENTS.items():
            for program in PROGRAMS:
                key = placement, program.name, checksums(program)
                results.setdefault(key, []).append(lab.measure(program, device_memory, seconds))
    return results


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=" ".join(__doc__.split()))
    parser.add_argument("build", type=Path, help="the folder natto and the card were built in")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of one measurement")
    parser.add_argument("--table", type=Path, metavar="FILE", help="renew the table in this Markdown file")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if os.cpu_count() == 1:
        sys.exit("two CPUs are needed: one for the card, one to measure on")
    os.nice(-20)  # whatever else takes the core would count
    with tempfile.TemporaryDirectory(prefix="natto-ena-") as folder:
        lab = Lab(options.build.resolve(), Path(folder))
        results = measure(lab, options.rounds, options.seconds)
        resets = [lab.seconds_of_reset() * 1e3 for _ in range(options.rounds)]
    bursts = [cost.burst for rounds in results.values() for cost in rounds]
    text = (
        f"{ena_costs.table(results, lab.tsc_hz)}\n\n"
        f"Mean bursts were of {min(bursts):.1f} to {max(bursts):.1f} packets; "
        f"the TSC runs at {lab.tsc_hz / 1e9:.1f} GHz. A reset takes the port out of use for "
        f"{statistics.median(resets):.0f} ms ({min(resets):.0f} to {max(resets):.0f})."
    )
    print(text)
    if options.table:
        renew_section(options.table, SECTION, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
