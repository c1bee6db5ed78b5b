"""A client of a running natto's socket."""

import contextlib
import json
import socket
import tomllib
from pathlib import Path

PATIENCE_SECONDS = 60
DEFAULT_SOCKET = Path("/run/natto/natto.sock")


def socket_of(config: Path) -> Path:
    """Where the natto with this natto.toml answers."""
    return Path(tomllib.loads(config.read_text()).get("api", {}).get("socket", DEFAULT_SOCKET))


def connect(path: Path = DEFAULT_SOCKET) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE_SECONDS)
    client.connect(str(path))
    return client


def lines(request: str, path: Path = DEFAULT_SOCKET, **members: object) -> list[dict]:
    """Everything that natto says to one request; the last is its report, or its error."""
    answer = []
    with connect(path) as client, client.makefile() as lines_of_natto:
        # Who is sent away may hear why before it has asked.
        with contextlib.suppress(BrokenPipeError):
            client.sendall(json.dumps({"request": request, **members}).encode())
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            answer.extend(json.loads(line) for line in lines_of_natto)
    return answer


def ask(request: str, path: Path = DEFAULT_SOCKET, **members: object) -> dict:
    """Its report, or its error."""
    return lines(request, path, **members)[-1]
