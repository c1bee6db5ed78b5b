#!/usr/bin/python3
"""Measure natto beside testpmd: the same device, packets and core, taking turns.

Prints the median of the rounds with their spread, and the ratios.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import programs
from scenarios import SCENARIOS, Scenario
from traffic import write_capture, write_table


def spread(values: list[float]) -> str:
    """How far the rounds lie apart, of their median."""
    return f"±{(max(values) - min(values)) / 2 / statistics.median(values):.0%}"


def measure(scenario: Scenario, options: argparse.Namespace, folder: Path) -> dict:
    """Every program in turn, `rounds` times."""
    capture, table, config = folder / "in.pcap", folder / "mappings.toml", folder / "natto.toml"
    packets = write_capture(scenario.workload, capture)
    write_table(scenario.workload, table)
    programs.write_config(config, capture, table, packets)
    modes = options.modes or programs.TESTPMD_MODES
    rates: dict[str, list[float]] = {name: [] for name in ("natto", *modes)}
    cycles = []
    for _ in range(options.rounds):
        told = programs.run_natto(options.natto, config, options.seconds)
        rates["natto"].append(told["rx_pps"])
        cycles.append(told["cycles_per_packet"])
        for mode in modes:
            rates[mode].append(programs.run_testpmd(mode, capture, packets, options.seconds))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "workload": scenario.workload.name,
        "pps": medians,
        "spread": {name: spread(values) for name, values in rates.items()},
        "cycles_per_packet": statistics.median(cycles),
        "ratios": {mode: medians["natto"] / medians[mode] for mode in modes},
        "targets": {mode: scenario.targets[mode] for mode in modes if mode in scenario.targets},
    }


def report(result: dict) -> None:
    print(f"\n{result['workload']}")
    for name, pps in result["pps"].items():
        ratio = f"natto is {result['ratios'][name]:.2f}" if name in result["ratios"] else (
            f"{result['cycles_per_packet']:.0f} cycles a packet"
        )  # fmt: skip
        must = result["targets"].get(name)
        print(
            f"  {name:<8} {pps / 1e6:7.2f} Mpps {result['spread'][name]:>5}   {ratio}"
            + (f"   (must {must[0]}, aim {must[1]})" if must else "")
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("natto", type=Path, metavar="NATTO", help="the program to measure")
    parser.add_argument("names", nargs="*", help="only workloads whose name contains one of these")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of one measurement")
    parser.add_argument("--modes", nargs="*", choices=programs.TESTPMD_MODES)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    return parser.parse_intermixed_args()


def main() -> int:
    options = arguments()
    if os.cpu_count() == 1:
        sys.exit("two CPUs are needed: one for control, one to measure on")
    results = []
    for scenario in SCENARIOS:
        if options.names and not any(name in scenario.workload.name for name in options.names):
            continue
        with tempfile.TemporaryDirectory(prefix="natto-bench-") as folder:
            results.append(measure(scenario, options, Path(folder)))
        report(results[-1])
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
