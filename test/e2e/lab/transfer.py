"""A TCP connection that carries bytes all the time, to see whether it survives."""

import contextlib
import socket
import threading
import time

from .namespace import Namespace


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
