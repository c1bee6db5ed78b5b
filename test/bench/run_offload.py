#!/usr/bin/python3
"""Measure what it costs or saves to leave checksums to the port, on net_tap, with iperf3 between two
hosts: natto with checksum_offload = "auto" and "off", taking turns.

Prints the medians of the rounds.
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lab.iperf import iperf  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.two_taps import B_MAPPED, start_between_two_taps  # noqa: E402
from report import renew_section  # noqa: E402

SECTION = "offload"
PORT = 5201


def spent(natto) -> tuple[int, int]:
    """Packets, and cycles of the polls that found some."""
    worker = natto.ask("workers")["workers"][0]
    return worker["received"], worker["busy_cycles"]


def measure(natto_program: Path, checksum_offload: str, seconds: int) -> tuple[float, float]:
    """Cycles a packet, and Gbit/s of one TCP connection."""
    lab = Lab(natto_program)
    try:
        natto, a, b = start_between_two_taps(lab, checksum_offload)
        packets, cycles = spent(natto)
        report = iperf(lab, a, b, (B_MAPPED, PORT), "--time", str(seconds))
        packets_after, cycles_after = spent(natto)
        natto.stop()
    finally:
        lab.close()
    bits = report["end"]["sum_received"]["bits_per_second"]
    return (cycles_after - cycles) / (packets_after - packets), bits / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=" ".join(__doc__.split("\n\n")[0].split()))
    parser.add_argument("natto", type=Path, help="the program to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of one measurement")
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="renew the table in this Markdown file"
    )
    options = parser.parse_args()
    told: dict[str, list[tuple[float, float]]] = {"auto": [], "off": []}
    for _ in range(options.rounds):
        for setting, results in told.items():
            results.append(measure(options.natto.resolve(), setting, options.seconds))
    lines = ["| checksum_offload | cycles a packet | Gbit/s |", "| --- | --- | --- |"]
    for setting, results in told.items():
        cycles, gigabits = (statistics.median(values) for values in zip(*results))
        lines.append(f"| {setting} | {cycles:.0f} | {gigabits:.2f} |")
    print("\n".join(lines))
    if options.table:
        renew_section(options.table, SECTION, "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
