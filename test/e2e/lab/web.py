"""Files over HTTP."""

import contextlib
import functools
import http.client
import http.server
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

from .namespace import Namespace

PORT = 80
PATIENCE_SECONDS = 30
POLL_SECONDS = 0.02


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(host: Namespace, directory: Path) -> Iterator[None]:
    """Meanwhile a host offers the files of a directory."""
    handler = functools.partial(_Handler, directory=str(directory))
    with host.entered():
        server = socketserver.ThreadingTCPServer(("", PORT), handler)
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def get(client: Namespace, server: str, path: str) -> bytes:
    """The body of the answer; raise if it is no success."""
    with client.entered():
        connection = http.client.HTTPConnection(server, PORT, timeout=PATIENCE_SECONDS)
        connection.connect()
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {response.status} {response.reason}")
        return response.read()
