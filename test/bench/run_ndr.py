#!/usr/bin/python3
"""Search the rates up to which natto loses no packet (NDR) and half a percent (PDR) in half of the trials of a rate
(RFC 9971), beside testpmd and the kernel's own NAT, and measure how long packets are away at 10, 50 and 90 % of the
NDR.

A generator sends 64-byte packets of 2,048 flows on one core and takes them back; what forwards them has the other.
Over a memif, testpmd takes turns with natto; over a veth, the kernel with nftables does too.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import forwarders
import ndr_report
import programs
from forwarders import Memif, Veth
from generator import Generator
from rate_search import NDR, PDR, Search, Trial
from report import renew_section
from traffic import Workload, write_capture, write_table

from lab import summary, world  # found by way of forwarders

WIRES = {wire.name: wire for wire in (Memif, Veth)}
WORKLOAD = Workload("64 B, 256 addresses each side, 2,048 flows", 256, 2048, prefix_length=24)
LEAST_PPS, MOST_PPS = 10_000.0, 20_000_000.0
SHARES = (0.1, 0.5, 0.9)
RELOADS = (1, 100)
RELOAD_SHARE, SOAK_SHARE = 0.5, 0.8
SOAK_TRIAL_SECONDS = 10


class Setting:
    """The files of a measurement and its wire."""

    def __init__(self, options: argparse.Namespace, wire: str, folder: Path) -> None:
        self._natto = options.natto.resolve()
        self._generator = options.generator.resolve()
        self._capture, self.table = folder / "in.pcap", folder / "mappings.toml"
        self._config, self._log = folder / "natto.toml", folder / "log"
        write_capture(WORKLOAD, self._capture)
        write_table(WORKLOAD, self.table)
        self.wire = WIRES[wire](folder)
        programs.write_port_config(self._config, self.wire.device, self.table)

    @contextlib.contextmanager
    def forwarding(self, name: str) -> Iterator[Generator]:
        """`name` forwards meanwhile what the generator sends."""
        forwarder = {
            "natto": lambda: forwarders.natto(self._natto, self._config, self.wire, self._log),
            forwarders.RIVAL: lambda: forwarders.testpmd(forwarders.RIVAL, self.wire, self._log),
            forwarders.KERNEL: lambda: forwarders.kernel(self._natto, self._config, self.wire),
        }[name]
        with Generator(self._generator, self.wire.generator_device, self._capture) as generator:
            with forwarder() as self._process:
                generator.wait_until_packets_come_back()
                if self._process is not None:
                    forwarders.undisturbed(self._process)
                yield generator

    def resident_mib(self) -> float:
        """Memory of what forwards, without hugepages."""
        status = Path(f"/proc/{self._process}/status").read_text()
        return int(re.search(r"(?m)^VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def reloads_of_ended_natto(self) -> int:
        """How often it followed the table's file; everything that it received was sent, kept or counted as
        dropped, or this raises."""
        log = self._log.read_text()
        if contradictions := summary.parse(log.splitlines()[-1]).contradictions():
            raise RuntimeError(f"natto's counters contradict each other: {contradictions}")
        return programs.reloads_in(log)


def rates_of(generator: Generator, seconds: float) -> dict:
    def try_rate(rate: float) -> Trial:
        told = generator.trial(rate, seconds)
        return Trial(seconds, told["offered"], told["received"])

    # What the generator itself can do is the most that can be searched.
    most = min(MOST_PPS, try_rate(MOST_PPS).offered_rate)
    search = Search(try_rate, LEAST_PPS, most)
    ndr, pdr = search.find(NDR), search.find(PDR)
    result = {
        "ndr_pps": ndr.throughput if ndr else 0.0,
        "pdr_pps": pdr.throughput if pdr else 0.0,
        # It could send no more.
        "ndr_is_at_least": ndr is not None and ndr.upper is None,
        "pdr_is_at_least": pdr is not None and pdr.upper is None,
        "latency": {},
    }
    for share in SHARES if ndr else ():
        result["latency"][f"{share:.0%}"] = generator.trial(ndr.throughput * share, seconds * 4)
    return result


def lost_by_reloads(setting: Setting, ndr_pps: float, seconds: float) -> dict[str, dict]:
    """What natto loses at half its NDR while its table is reloaded so many times."""
    results = {}
    for times in (0, *RELOADS):
        with setting.forwarding("natto") as generator, programs.changing(setting.table, times):
            length = max(seconds, (times + 2) * programs.RELOAD_PAUSE)
            told = generator.trial(ndr_pps * RELOAD_SHARE, length)
        results[str(times)] = told | {"reloads": setting.reloads_of_ended_natto()}
    return results


def soak(setting: Setting, ndr_pps: float, minutes: float) -> dict:
    """At four fifths of the NDR, with a reload each second: what is lost, and what becomes of natto's memory."""
    memory, trials = [], []
    with setting.forwarding("natto") as generator, programs.changing(setting.table, pause=1.0):
        for _ in range(max(2, round(minutes * 60 / SOAK_TRIAL_SECONDS))):
            trials.append(generator.trial(ndr_pps * SOAK_SHARE, SOAK_TRIAL_SECONDS))
            memory.append(setting.resident_mib())
    return {
        "minutes": minutes,
        "offered": sum(trial["offered"] for trial in trials),
        "received": sum(trial["received"] for trial in trials),
        "reloads": setting.reloads_of_ended_natto(),
        "memory_mib": {"first": memory[0], "last": memory[-1], "most": max(memory)},
    }


def measure(options: argparse.Namespace) -> dict:
    results: dict = {"workload": WORKLOAD.name, "rounds": options.rounds, "wires": {}}
    for name in options.wires:
        with tempfile.TemporaryDirectory(prefix="natto-ndr-") as folder:
            setting = Setting(options, name, Path(folder))
            told: dict[str, list[dict]] = {forwarder: [] for forwarder in setting.wire.forwarders}
            for _ in range(options.rounds):
                for forwarder, rounds in told.items():
                    with setting.forwarding(forwarder) as generator:
                        rounds.append(rates_of(generator, options.seconds))
                    print(f"{name}, {forwarder}: {ndr_report.in_short(rounds[-1])}", file=sys.stderr)
            results["wires"][name] = told
            ndr = statistics.median(round_["ndr_pps"] for round_ in told["natto"])
            if name == Memif.name and ndr:
                results["reloads"] = lost_by_reloads(setting, ndr, options.seconds)
                if options.soak:
                    results["soak"] = soak(setting, ndr, options.soak)
    return results


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("natto", type=Path, help="the program to measure")
    parser.add_argument("generator", type=Path, help="the program that sends and takes the time")
    parser.add_argument("--wires", nargs="+", choices=list(WIRES), default=list(WIRES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1, help="of one trial")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="then run so long, reloading each second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the results as SVG")
    parser.add_argument("--table", type=Path, metavar="FILE", help="renew the tables in this Markdown file")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if os.cpu_count() == 1:
        sys.exit("two CPUs are needed: one for the generator, one for what forwards")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # so that what was changed is changed back
    world.enter()
    os.nice(-20)  # whatever else takes a core would count
    with forwarders.no_real_time_limit():
        results = measure(options)
    text = ndr_report.as_markdown(results)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.plot:
        options.plot.write_text(ndr_report.as_svg(results))
    if options.table:
        renew_section(options.table, "ndr", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
