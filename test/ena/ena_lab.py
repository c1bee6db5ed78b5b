#!/usr/bin/python3
"""natto, or testpmd, on two ENA cards in software, each wired to a host in a network namespace.

A pings B all the time, while a script of faults befalls the cards; or a COMMAND runs between the hosts.

A script has a line for each fault: seconds since the start, number of the card, what happens.
  1  0  keep-alive off
  6  0  heal
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEST = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TEST / "e2e"), str(TEST / "ena-model")]

from card_control import CardRefuses, say  # noqa: E402
from lab import world  # noqa: E402
from lab.cards import CardLab, Mode  # noqa: E402
from lab.command import CommandFailed  # noqa: E402
from lab.config import Port, card_address  # noqa: E402
from lab.namespace import Namespace, link  # noqa: E402
from lab.patience import until  # noqa: E402
from lab.process import Process  # noqa: E402
from lab.traffic import ping  # noqa: E402
from lab.two_hosts import A_MAPPED, B_MAPPED, overlapping_hosts  # noqa: E402

CARDS = 2
STEP_SECONDS = 0.02
PINGS_A_SECOND = 10
BRIDGED = {"a": "10.0.0.1", "b": "10.0.0.2"}  # testpmd passes frames as they are


@dataclass(frozen=True)
class Fault:
    seconds: float
    card: int
    command: str


def read_faults(file: Path) -> list[Fault]:
    """In their order. Raise ValueError."""
    faults = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        words = line.split("#")[0].split(maxsplit=2)
        if not words:
            continue
        try:
            seconds, card, command = words
            faults.append(Fault(float(seconds), int(card), command.strip()))
        except ValueError as error:
            raise ValueError(f"{file}, line {number}: say seconds, card and fault") from error
    return sorted(faults, key=lambda fault: fault.seconds)


class Clock:
    """What is printed has the seconds since the start before it."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._start

    def tell(self, text: str) -> None:
        print(f"{self.seconds():7.2f} s  {text}", flush=True)


class Running:
    """The program on the cards, and its hosts."""

    def __init__(self, lab: CardLab, options: argparse.Namespace) -> None:
        where = lab.namespace("cards")
        self._told = 0
        if options.testpmd:
            self.a, _ = _bridged_hosts(lab, where)
            self.targets = BRIDGED["b"], BRIDGED["a"]
            self._program = _start_testpmd(lab, where, options.plugin)
            self.log = self._program.errors
            self.stop = lambda: self._program.stop(signal.SIGINT)
            if not until(lambda: self._program.running() and self._reaches()):
                raise RuntimeError(f"testpmd forwards nothing:\n{self.log()}")
        else:
            natto, self.a, _ = overlapping_hosts(lab, where, (options.mtu, options.mtu))
            self.targets = B_MAPPED, A_MAPPED
            self.log = natto.log
            self.stop = natto.stop

    def _reaches(self) -> bool:
        return ping(self.a, self.targets[0], count=1, patience_seconds=0.5).answered > 0

    def new_lines(self) -> list[str]:
        """What the program has logged since the last call."""
        whole = self.log().rpartition("\n")[0].splitlines()
        new, self._told = whole[self._told :], len(whole)
        return new


def _bridged_hosts(lab: CardLab, where: Namespace) -> tuple[Namespace, Namespace]:
    hosts = lab.namespace("a"), lab.namespace("b")
    for host in hosts:
        link(host, "eth0", where, f"to-{host.name}")
        host.address("eth0", f"{BRIDGED[host.name]}/24")
    return hosts


def _start_testpmd(lab: CardLab, where: Namespace, plugin: Path) -> Process:
    ports = [Port(name, f"to-{name}", "") for name in BRIDGED]
    devices = [word for index in range(CARDS) for word in ("-a", card_address(index))]
    words = lab.with_cards(
        ports, where, "dpdk-testpmd", "-l", "0,1", "-d", str(plugin), "--in-memory",
        "--no-telemetry", *devices, "--", "--forward-mode=io", "--auto-start", "--stats-period=1",
        "--total-num-mbufs=16384",
    )  # fmt: skip
    return Process(where.inside(*words), lab.file("testpmd"))


@contextlib.contextmanager
def pinging(running: Running, lab: CardLab) -> Iterator[Process]:
    """A pings B meanwhile."""
    words = ("ping", "-n", "-i", str(1 / PINGS_A_SECOND), running.targets[0])
    process = Process(running.a.inside(*words), lab.file("ping"))
    try:
        yield process
    finally:
        process.stop(signal.SIGINT)


def befall(lab: CardLab, running: Running, faults: list[Fault], seconds: float) -> None:
    """Let each fault happen in its time, and tell it and what the program says."""
    clock, due = Clock(), list(faults)
    while clock.seconds() < seconds or due:
        for line in running.new_lines():
            clock.tell(line)
        if due and clock.seconds() >= due[0].seconds:
            fault = due.pop(0)
            clock.tell(f"card {fault.card}: {fault.command}")
            say(lab.control, fault.card, fault.command)
        time.sleep(STEP_SECONDS)


def run_script(lab: CardLab, running: Running, options: argparse.Namespace) -> bool:
    """Whether A reaches B at the end."""
    with pinging(running, lab) as pings:
        befall(lab, running, options.faults, options.seconds)
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", pings.out_file.read_text())
    print(f"\nA pinged B {counts[1]} times; {counts[2]} were answered")
    for card in range(CARDS):
        print(f"card {card}: {json.dumps(json.loads(say(lab.control, card, 'report')))}")
    reaches = ping(running.a, running.targets[0]).answered > 0
    print("at the end A reaches B" if reaches else "at the end A does NOT reach B")
    return reaches


def run_command(lab: CardLab, running: Running, command: list[str]) -> bool:
    to_b, to_a = running.targets
    print(
        f"ip netns exec a ping {to_b}; ip netns exec b ping {to_a}\n"
        f"{TEST / 'ena-model' / 'card_control.py'} 0 keep-alive off, heal, report\n",
        flush=True,
    )
    environment = os.environ | {"ENA_MODEL_CONTROL": str(lab.control)}
    return subprocess.run(command, env=environment).returncode == 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/ena-lab", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    add = parser.add_argument
    add("--testpmd", action="store_true", help="testpmd, which passes frames as they are, not natto")
    add("--faults", type=Path, metavar="FILE", help="the script")
    add("--seconds", type=float, default=5, help="how long at least (5)")
    add("--offload", choices=["auto", "off"], default="auto", help="natto's checksum_offload")
    add("--mtu", type=int, default=1500, help="of natto and of both hosts' links (1500)")
    add("--card", type=json.loads, default={}, metavar="JSON",
        help="what both cards are like, as {\"low_latency_queues\": false}; keys: test/ena-model/settings.hpp")  # fmt: skip
    add("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="instead of the script, such as bash")
    options = parser.parse_args()
    options.plugin = options.build.resolve() / "test" / "ena-model" / "ena_model.so"
    try:
        options.faults = read_faults(options.faults) if options.faults else []
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return options


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end by way of every clean-up
    options = arguments()
    try:
        world.enter()
        natto = options.build / "app" / "natto"
        with CardLab(natto.resolve(), options.plugin, Mode(options.offload, options.card)) as lab:
            running = Running(lab, options)
            if options.command:
                right = run_command(lab, running, options.command)
            else:
                right = run_script(lab, running, options)
            running.stop()
    except (world.Refused, CommandFailed, CardRefuses, OSError, RuntimeError) as error:
        sys.exit(f"ena-lab: {error}")
    except KeyboardInterrupt:
        return 130
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
