#!/usr/bin/python3
"""Measure how long packets are away at natto and at testpmd, taking turns, over a memif; and the
longest gap between two polls of a worker, with and without reloads.

Prints the medians of the rounds.
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import programs
from report import renew_section
from traffic import Workload, write_capture, write_table

SECTION = "latency"
RATES = (10_000, 1_000_000)
PERCENTILES = ("p50_us", "p99_us", "p99.9_us")
RIVAL = "macswap"
TABLE = """\
[[mapping]]
name = "sender"
real = "10.1.0.1"
mapped = "172.31.0.1"
[[mapping]]
name = "receiver"
real = "10.1.0.2"
mapped = "172.31.0.2"
"""


def device(socket: Path, suffix: str = "") -> str:
    return f"net_memif0,role=client,socket={socket}{suffix}"


def natto_words(natto: Path, folder: Path, socket: Path) -> list[str | Path]:
    """natto, sending what the generator sends back to where it came from."""
    config, table = folder / "natto.toml", folder / "mappings.toml"
    table.write_text(TABLE)
    programs.write_port_config(config, device(socket, ",mac=02:00:00:00:00:01"), table)
    return ["env", f"STATE_DIRECTORY={folder / 'state'}", natto, "run", "-c", config]


def testpmd_words(socket: Path) -> list[str | Path]:
    return [
        "dpdk-testpmd", "-l", f"{programs.MAIN_LCORE},{programs.WORKER_LCORE}", "--in-memory",
        "--no-pci", "--no-telemetry", "--log-level=*:error", "--vdev", device(socket), "--",
        f"--forward-mode={RIVAL}", "--auto-start", "--nb-cores=1", "--port-topology=loop",
        "--total-num-mbufs=16384", "--stats-period=60",
    ]  # fmt: skip


def measure_once(generator: Path, words: list[str | Path], socket: Path, rate: int, seconds: float):
    """What the generator tells of the program that `words` start."""
    sending = subprocess.Popen(
        [generator, socket, str(rate), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    try:
        if sending.stdout.readline() != "ready\n":
            raise RuntimeError("the generator did not start")
        forwarding = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            told, _ = sending.communicate(timeout=seconds + 30)
        finally:
            forwarding.send_signal(signal.SIGINT)
            forwarding.wait()
    finally:
        sending.kill()
    result = json.loads(told)
    if result["received"] == 0:
        raise RuntimeError(f"nothing came back from {words[0]}")
    return result


def latency_lines(options: argparse.Namespace, folder: Path) -> list[str]:
    socket = folder / "memif.sock"
    programs_by_name = {
        "natto": natto_words(options.natto, folder, socket),
        RIVAL: testpmd_words(socket),
    }
    lines = [
        "| packets a second | program | p50 | p99 | p99.9 | lost |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rate in RATES:
        told: dict[str, list[dict]] = {name: [] for name in programs_by_name}
        for _ in range(options.rounds):
            for name, words in programs_by_name.items():
                told[name].append(
                    measure_once(options.generator, words, socket, rate, options.seconds)
                )
        for name, rounds in told.items():
            times = [f"{statistics.median(r[p] for r in rounds):.2f} µs" for p in PERCENTILES]
            lost = sum(r["sent"] - r["received"] for r in rounds)
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
