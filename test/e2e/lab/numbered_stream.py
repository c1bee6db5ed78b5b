"""A steady stream of numbered datagrams, to see whether any is lost, doubled or out of order."""

import itertools
import socket
import struct
import threading
import time

from .namespace import Namespace

NUMBER = struct.Struct("!Q")


class NumberedStream:
    """Runs in a `with` statement, until at least `at_least` were sent; afterwards `sent` and
    `received` say what happened.
    """

    at_least = 1000

    def __init__(
        self, client: Namespace, server: Namespace, address: tuple[str, int], per_second: int
    ) -> None:
        self.sent = 0
        self.received: list[int] = []
        self.arrivals: list[float] = []  # when, on the monotonic clock
        self._address = address
        self._interval = 1 / per_second
        self._stop = threading.Event()
        self._all_sent = threading.Event()
        with server.entered():
            self._server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._server.bind(("", address[1]))
        self._server.settimeout(0.5)
        with client.entered():
            self._client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]

    def __enter__(self) -> "NumberedStream":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads[0].join()
        self._all_sent.set()
        self._threads[1].join()
        self._client.close()
        self._server.close()

    @property
    def lost(self) -> int:
        return self.sent - len(set(self.received))

    @property
    def longest_gap(self) -> float:
        """Seconds between two arrivals, at most."""
        return max((b - a for a, b in itertools.pairwise(self.arrivals)), default=float("inf"))

    @property
    def in_order_and_once(self) -> bool:
        return self.received == sorted(set(self.received))

    def _send(self) -> None:
        due = time.monotonic()
        while self.sent < self.at_least or not self._stop.is_set():
            self._client.sendto(NUMBER.pack(self.sent), self._address)
            self.sent += 1
            due += self._interval
            time.sleep(max(0.0, due - time.monotonic()))

    def _receive(self) -> None:
        """Until nothing has come for a while after the end."""
        while True:
            try:
                self.received.append(NUMBER.unpack(self._server.recv(64))[0])
                self.arrivals.append(time.monotonic())
            except TimeoutError:
                if self._all_sent.is_set():
                    return
