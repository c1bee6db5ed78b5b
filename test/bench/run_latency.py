#!/usr/bin/python3
"""Measure how long packets are away at natto and at testpmd, taking turns, over a memif; and the
longest gap between two polls of a worker, with and without reloads.

Prints the medians of the rounds.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import forwarders
import programs
from generator import Generator
from report import renew_section
from traffic import Workload, write_capture, write_table

SECTION = "latency"
RATES = (10_000, 1_000_000)
PERCENTILES = ("p50_us", "p99_us", "p99.9_us")
RIVAL = "macswap"

def latency_lines(options: argparse.Namespace, folder: Path) -> list[str]:
    workload = Workload("latency", 1, 2)
    capture, table, config, log = (folder / name for name in ("in.pcap", "table.toml", "natto.toml", "log"))
    write_capture(workload, capture)
    write_table(workload, table)
    wire = forwarders.Memif(folder)
    programs.write_port_config(config, wire.device, table)
    by_name = {
        "natto": lambda: forwarders.natto(options.natto, config, wire, log),
        RIVAL: lambda: forwarders.testpmd(RIVAL, wire, log),
    }
    lines = [
        "| packets a second | program | p50 | p99 | p99.9 | lost |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rate in RATES:
        told: dict[str, list[dict]] = {name: [] for name in by_name}
        for _ in range(options.rounds):
            for name, forwarder in by_name.items():
                with Generator(options.generator, wire.generator_device, capture) as generator, forwarder():
                    generator.wait_until_packets_come_back()
                    told[name].append(generator.trial(rate, options.seconds))
        for name, rounds in told.items():
            times = [f"{statistics.median(r[p] for r in rounds):.2f} µs" for p in PERCENTILES]
            lost = sum(r["offered"] - r["received"] for r in rounds)
            lines.append(f"| {rate:,} | {name} | {' | '.join(times)} | {lost} |")
    return lines


def gap_lines(options: argparse.Namespace, folder: Path) -> list[str]:
    """The longest poll of a worker at full load: no packet waits longer for the next one."""
    capture, table, config = (folder / name for name in ("in.pcap", "table.toml", "bench.toml"))
    workload = Workload("reloads", 32_768, 2048)
    packets = write_capture(workload, capture)
    write_table(workload, table)
    programs.write_config(config, capture, table, packets)
    runs = {
        "quiet": programs.run_natto,
        "65,536 mappings reloaded again and again": programs.run_natto_reloading,
    }
    longest: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            longest[name].append(run(options.natto, config, options.seconds)["longest_poll_us"])
    lines = ["| natto at full load | longest poll: median | least |", "| --- | --- | --- |"]
    for name, values in longest.items():
        lines.append(f"| {name} | {statistics.median(values):.0f} µs | {min(values):.0f} µs |")
    return lines


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=" ".join(__doc__.split("\n\n")[0].split()))
    parser.add_argument("natto", type=Path, help="the program to measure")
    parser.add_argument("generator", type=Path, help="the program that sends and takes the time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of one measurement")
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="renew the tables in this Markdown file"
    )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="natto-latency-") as name:
        folder = Path(name)
        text = "\n".join([*latency_lines(options, folder), "", *gap_lines(options, folder)])
    print(text)
    if options.table:
        renew_section(options.table, SECTION, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
