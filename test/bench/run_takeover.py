#!/usr/bin/python3
"""Measure what is lost when one natto of a pair takes over from the other: two hosts and two natto on a
bridge, each with keepalived, in network namespaces.

Meanwhile the hosts send each other numbered datagrams, 1,000 a second in each direction, and one TCP
connection carries 100 KB/s. `lost` is the datagrams of both directions that did not arrive, `gap_ms` the
longest time without one in either.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lab import world  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.namespace import Namespace  # noqa: E402
from lab.numbered_stream import NumberedStream  # noqa: E402
from lab.pair import A_MAPPED, B_MAPPED, TABLE, Node, Pair, build  # noqa: E402
from lab.patience import until  # noqa: E402
from lab.standstill import standing_still, worker_of  # noqa: E402
from report import renew_section  # noqa: E402

PER_SECOND = 1000
PORTS = (7001, 7002)
TCP_PORT = 7003
BEFORE, AFTER = 0.5, 1.5  # seconds of traffic before the fault, and after the take-over
LONGEST = 20  # seconds that a take-over may take


class Transfer:
    """A TCP connection that goes on while the `with` statement lasts. Then `survived` tells whether all arrived."""

    BLOCK, INTERVAL = bytes(1000), 0.01

    def __init__(self, client: Namespace, server: Namespace, address: tuple[str, int]) -> None:
        self.survived = False
        self._sent = self._received = 0
        self._stop = threading.Event()
        with server.entered():
            self._listening = socket.create_server(("", address[1]))
        with client.entered():
            self._client = socket.create_connection(address, timeout=10)
        self._client.settimeout(60)
        self._served, _ = self._listening.accept()
        self._served.settimeout(60)
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]

    def __enter__(self) -> "Transfer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for end in (self._client, self._served, self._listening):
            end.close()
        self.survived = self._sent == self._received > 0

    def _send(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stop.is_set():
                self._client.sendall(self.BLOCK)
                self._sent += len(self.BLOCK)
                time.sleep(self.INTERVAL)
            self._client.shutdown(socket.SHUT_WR)

    def _receive(self) -> None:
        with contextlib.suppress(OSError):
            while block := self._served.recv(65536):
                self._received += len(block)


# What happens to the active natto. Each ends the fault in the end: both natto are well again.


@contextlib.contextmanager
def kill(_: Pair, node: Node) -> Iterator[None]:
    """kill -9 of natto"""
    node.kill_natto()
    yield
    node.start_natto()


@contextlib.contextmanager
def stop(_: Pair, node: Node) -> Iterator[None]:
    """SIGSTOP of natto"""
    node.natto.send(signal.SIGSTOP)
    yield
    node.natto.send(signal.SIGCONT)


@contextlib.contextmanager
def stuck(_: Pair, node: Node) -> Iterator[None]:
    """a worker is stuck"""
    with standing_still(worker_of(node.natto.pid)):
        yield


@contextlib.contextmanager
def nic(pair: Pair, node: Node) -> Iterator[None]:
    """the network card has no link"""
    port = f"to-{node.name}"
    pair.switch.run("ip", "link", "set", "dev", port, "down")
    yield
    pair.switch.run("ip", "link", "set", "dev", port, "up")


@contextlib.contextmanager
def keepalived(_: Pair, node: Node) -> Iterator[None]:
    """kill -9 of keepalived"""
    node.kill_keepalived()
    yield
    node.start_keepalived()


@contextlib.contextmanager
def table(_: Pair, node: Node) -> Iterator[None]:
    """natto reloads a wrong table"""
    node.table.write_text("nonsense")
    yield
    node.table.write_text(TABLE)


@contextlib.contextmanager
def switch(_: Pair, node: Node) -> Iterator[None]:
    """natto-takeover switch"""
    node.takes_over("switch")
    yield


CASES: dict[str, Callable[[Pair, Node], contextlib.AbstractContextManager]] = {
    case.__name__: case for case in (kill, stop, stuck, nic, keepalived, table, switch)
}


def settle(pair: Pair) -> Node:
    """The active one, once all is well."""
    if not until(pair.settled, 60):
        states = {node.name: (node.role(), (node.folder / "health").read_text()) for node in pair.nodes}
        raise TimeoutError(f"the pair does not settle: {states}")
    return pair.active()[0]


def run_once(pair: Pair, case: str) -> tuple[int, float, bool]:
    """What was lost, the gap in milliseconds, and whether TCP survived."""
    node = settle(pair)
    other = pair.other(node)
    streams = [
        NumberedStream(pair.a, pair.b, (B_MAPPED, PORTS[0]), PER_SECOND),
        NumberedStream(pair.b, pair.a, (A_MAPPED, PORTS[1]), PER_SECOND),
    ]
    for stream in streams:
        stream.at_least = 0
    transfer = Transfer(pair.a, pair.b, (B_MAPPED, TCP_PORT))
    with transfer, streams[0], streams[1]:
        time.sleep(BEFORE)
        fault = CASES[case](pair, node)
        fault.__enter__()
        taken_over = until(lambda: other.role() == "active", LONGEST)
        time.sleep(AFTER)
    fault.__exit__(None, None, None)
    if not taken_over:
        raise TimeoutError(f"{case}: {other.name} did not become active")
    return (
        sum(stream.lost for stream in streams),
        1000 * max(stream.longest_gap for stream in streams),
        transfer.survived,
    )


def measure(natto: Path, cases: list[str], runs: int, advert: str) -> dict[str, dict]:
    results = {}
    with Lab(natto) as lab:
        pair = build(lab, natto)
        for node in pair.nodes:
            node.start_natto()
        for node in pair.nodes:
            node.advert = advert
            node.start_tracker()
            node.start_keepalived()
        for case in cases:
            lost, gaps, survived = [], [], 0
            for _ in range(runs):
                packets, gap, whole = run_once(pair, case)
                lost.append(packets)
                gaps.append(round(gap, 1))
                survived += whole
            results[case] = {"lost": lost, "gap_ms": gaps, "tcp_survived": survived}
            print(row(case, results[case]), file=sys.stderr)
    return results


def row(case: str, result: dict) -> str:
    lost, gaps = result["lost"], result["gap_ms"]
    return (
        f"| {CASES[case].__doc__} | {len(lost)} | {statistics.median(lost):.0f} | {max(lost)} "
        f"| {statistics.median(gaps):.0f} | {max(gaps):.0f} | {result['tcp_survived']} of {len(lost)} |"
    )


def as_table(results: dict[str, dict]) -> str:
    head = [
        "| what happens to the active natto | runs | lost: median | worst | gap in ms: median | worst | TCP survived |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(row(case, result) for case, result in results.items())])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("natto", type=Path, help="the program to measure")
    parser.add_argument("--runs", type=int, default=20, help="of each case (20)")
    parser.add_argument("--only", metavar="CASE", choices=list(CASES), help="one of " + ", ".join(CASES))
    parser.add_argument(
        "--advert", default="1", metavar="SECONDS", help="keepalived's advert_int (1; 0.1 is fast)"
    )
    parser.add_argument("--json", action="store_true", help="print an object with a member for each case")
    parser.add_argument(
        "--table", nargs=2, metavar=("FILE", "SECTION"), help="renew this section of a Markdown file"
    )
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root may stop a worker and start keepalived")
    world.enter()
    cases = [options.only] if options.only else list(CASES)
    results = measure(options.natto.resolve(), cases, options.runs, options.advert)
    print(json.dumps(results) if options.json else as_table(results))
    if options.table:
        renew_section(Path(options.table[0]), options.table[1], as_table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
