"""A client of a running natto's telemetry socket."""

import json
import socket
import time
from pathlib import Path

PATIENCE_SECONDS = 60
GREETING_BYTES = ANSWER_BYTES = 1 << 14


def connect(pid: int) -> socket.socket:
    """To the natto with this process id. Waits while ten others, which is DPDK's limit, are there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(PATIENCE_SECONDS)
        client.connect(str(Path("/run/dpdk") / f"natto-{pid}" / "dpdk_telemetry.v2"))
        if client.recv(GREETING_BYTES):
            return client
        client.close()
        if time.monotonic() > deadline:
            raise TimeoutError("natto's telemetry is busy with other clients")
        time.sleep(0.01)


def ask(pid: int, command: str, parameters: str = "") -> object:
    """The answer to one question."""
    with connect(pid) as client:
        client.send(f"{command},{parameters}".encode() if parameters else command.encode())
        return json.loads(client.recv(ANSWER_BYTES))[command]
