#!/usr/bin/python3
"""Measure natto beside its rivals: the same device, packets and core, taking turns.

Prints the median of the rounds with their spread, and the ratios.
"""

import argparse
import dataclasses
import functools
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import compare
import programs
import report
from scenarios import OPEN, OWN_RIVALS, SCENARIOS, TESTPMD_MODES, UNRECORDED, Scenario
from traffic import Workload, write_capture, write_table


class Setting:
    """The files of one workload in a folder of their own."""

    def __init__(self, workload: Workload, folder: Path, workers: int = 1):
        folder.mkdir()
        self.capture, self.config = folder / "in.pcap", folder / "natto.toml"
        table = folder / "mappings.toml"
        self.packets = write_capture(workload, self.capture)
        write_table(workload, table)
        programs.write_config(self.config, self.capture, table, self.packets, workers)
        if workload.recorded:
            programs.keep_record(self.config, folder / "refused.log")


def spread(values: list[float]) -> float:
    """How far the rounds lie apart: half of it, of their median."""
    return (max(values) - min(values)) / 2 / statistics.median(values)


def measure(scenario: Scenario, options: argparse.Namespace, folder: Path) -> dict:
    """Every program in turn, `rounds` times."""
    setting = Setting(scenario.workload, folder / "own", scenario.workers)
    left_out = set(TESTPMD_MODES) - set(options.modes or TESTPMD_MODES)
    rivals = [name for name in scenario.rivals if name not in left_out]
    easier = {"hostile_share": 0.0, "refused_share": 0.0}
    if UNRECORDED in rivals:
        easier = {"recorded": False}
    if OPEN in rivals:
        easier |= {"rules": False, "limited": False}
    plain_workload = dataclasses.replace(scenario.workload, **easier)
    plain_setting = Setting(plain_workload, folder / "plain")

    def rate_of(rival: str) -> float:
        if rival in OWN_RIVALS:
            config = plain_setting.config
            told = programs.run_natto(options.natto, config, options.seconds)
            spared = scenario.workload.refused_share - plain_workload.refused_share
            return told["translated_pps"] * (1 - spared)
        return programs.run_testpmd(
            rival, setting.capture, setting.packets, options.seconds, scenario.workers
        )

    run = programs.run_natto
    if scenario.reloads:
        run = functools.partial(programs.run_natto_reloading, pause=1.0)
    rates: dict[str, list[float]] = {name: [] for name in ("natto", *rivals)}
    cycles = []
    for _ in range(options.rounds):
        told = run(options.natto, setting.config, options.seconds)
        rates["natto"].append(told["translated_pps"])
        cycles.append(told["cycles_per_packet"])
        for rival in rivals:
            rates[rival].append(rate_of(rival))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "workload": scenario.workload.name,
        "rounds": options.rounds,
        "pps": medians,
        "spread": {name: spread(values) for name, values in rates.items()},
        "cycles_per_packet": statistics.median(cycles),
        "ratios": {rival: medians["natto"] / medians[rival] for rival in rivals},
        "targets": {rival: scenario.targets[rival] for rival in rivals if rival in scenario.targets},
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("natto", type=Path, metavar="NATTO", help="the program to measure")
    parser.add_argument("names", nargs="*", help="only workloads whose name contains one of these")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of one measurement")
    parser.add_argument("--modes", nargs="*", choices=TESTPMD_MODES, help="of testpmd")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--compare", type=Path, metavar="FILE",
        help="with the results of an earlier --json; exit with 1 if a ratio has fallen",
    )  # fmt: skip
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the results as SVG")
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="renew the table in this Markdown file"
    )
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
        print(report.as_text(results[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.plot:
        options.plot.write_text(report.as_svg(results))
    if options.table:
        report.renew_table(options.table, results)
    if options.compare:
        lines, fallen = compare.compare(results, json.loads(options.compare.read_text()))
        print("", *lines, sep="\n")
        return int(fallen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
