"""What happens to the active one of two natto on a link. Each ends the fault in the end: both are well again."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.lab import Lab
from lab.pair import TABLE, Node, Pair, build
from lab.standstill import standing_still, worker_of


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


@dataclass(frozen=True)
class Case:
    text: str
    fault: Callable[[Pair, Node], contextlib.AbstractContextManager]
    build: Callable[[Lab, Path], Pair]


CASES = {
    fault.__name__: Case(fault.__doc__, fault, build)
    for fault in (kill, stop, stuck, nic, keepalived, table, switch)
}
