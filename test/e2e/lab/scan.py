"""A port scan with plain sockets: what a host learns of another's ports."""

import errno
import select
import socket
import time
from collections import defaultdict
from collections.abc import Iterable

from .namespace import Namespace
from .traffic import PATIENCE_SECONDS

OPEN, CLOSED, PROHIBITED = "open", "closed", "prohibited"
MEANING = {
    0: OPEN,
    errno.EISCONN: OPEN,
    errno.ECONNREFUSED: CLOSED,
    errno.EHOSTUNREACH: PROHIBITED,
}
AT_ONCE = 200


def scan(
    source: Namespace,
    address: str,
    ports: Iterable[int],
    kind: socket.SocketKind = socket.SOCK_STREAM,
    source_port: int = 0,
) -> dict[str, set[int]]:
    """The ports by what they are; raises if some never answer. A UDP port is open if it answers."""
    found = defaultdict(set)
    left = list(ports)
    while left:
        batch, left = left[:AT_ONCE], left[AT_ONCE:]
        for port, meaning in _scan_some(source, address, batch, kind, source_port).items():
            found[meaning].add(port)
    return dict(found)


def _scan_some(
    source: Namespace, address: str, ports: list[int], kind: socket.SocketKind, source_port: int
) -> dict[int, str]:
    found: dict[int, str] = {}
    asked = {}
    poll = select.poll()

    def note(asker: socket.socket, port: int, told: int) -> bool:
        """Whether `told` is an answer."""
        if told not in MEANING:
            return False
        found[port] = MEANING[told]
        asker.close()
        return True

    with source.entered():
        for port in ports:
            asker = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
            asker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asker.bind(("", source_port))
            told = asker.connect_ex((address, port))
            if kind == socket.SOCK_DGRAM:
                asker.send(b"?")
            elif note(asker, port, told):
                continue
            asked[asker.fileno()] = asker, port
            poll.register(asker, select.POLLIN if kind == socket.SOCK_DGRAM else select.POLLOUT)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while asked:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no word of ports {sorted(port for _, port in asked.values())}")
        for descriptor, _ in poll.poll(1000):
            asker, port = asked[descriptor]
            told = _udp_answer(asker) if kind == socket.SOCK_DGRAM else asker.connect_ex((address, port))
            # SO_ERROR may still be 0 when poll() knows of an error: the next connect() tells.
            if note(asker, port, told):
                poll.unregister(descriptor)
                del asked[descriptor]
    return found


def _udp_answer(asker: socket.socket) -> int:
    try:
        asker.recv(1)
    except OSError as error:
        return error.errno or 0
    return 0
