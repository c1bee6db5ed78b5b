"""Ordinary traffic between hosts, with the kernel's own TCP, UDP and ping."""

import concurrent.futures
import hashlib
import re
import socket
import time
from dataclasses import dataclass

from .command import CommandFailed
from .namespace import Namespace

PATIENCE_SECONDS = 30
SO_NO_CHECK = 11  # Linux: send UDP without a checksum


@dataclass(frozen=True)
class Pings:
    sent: int
    answered: int
    average_ms: float


def ping(
    source: Namespace, destination: str, *options: str, count: int = 3, patience_seconds: float = 2
) -> Pings:
    """Echo requests, the last with so much time for its answer."""
    timing = ("-c", str(count), "-i", "0.2", "-W", str(patience_seconds))
    words = ("ping", "-n", *timing, *options, destination)
    try:
        text = source.run(*words)
    except CommandFailed as failure:  # as well if nothing answers
        text = str(failure)
    numbers = re.search(r"(\d+) packets transmitted, (\d+) received", text)
    if numbers is None:
        raise RuntimeError(text)
    average = re.search(r"= [\d.]+/([\d.]+)/", text)
    return Pings(int(numbers[1]), int(numbers[2]), float(average[1]) if average else 0.0)


@dataclass(frozen=True)
class Transfer:
    """One TCP connection's worth of data, as the server saw it."""

    client_address: str
    sha256: str
    seconds: float


def listen(server: Namespace, port: int) -> socket.socket:
    """A TCP listener on all addresses of a host."""
    with server.entered():
        listener = socket.create_server(("", port))
    listener.settimeout(PATIENCE_SECONDS)
    return listener


def connect(
    client: Namespace,
    address: tuple[str, int],
    source: str = "",
    patience_seconds: float = PATIENCE_SECONDS,
) -> socket.socket:
    """A TCP connection from a host, from one of its addresses or from the usual one."""
    with client.entered():
        return socket.create_connection(address, patience_seconds, (source, 0))


def receive_all(listener: socket.socket) -> Transfer:
    """What the next connection brings until its end."""
    connection, (client_address, _) = listener.accept()
    with connection:
        connection.settimeout(PATIENCE_SECONDS)
        start = time.monotonic()
        digest = hashlib.sha256()
        while chunk := connection.recv(1 << 18):
            digest.update(chunk)
        return Transfer(client_address, digest.hexdigest(), time.monotonic() - start)


def tcp_transfer(
    client: Namespace, server: Namespace, address: tuple[str, int], data: bytes, source: str = ""
) -> Transfer:
    """The client connects to `address`, sends `data` and closes."""
    with (
        listen(server, address[1]) as listener,
        concurrent.futures.ThreadPoolExecutor(1) as executor,
    ):
        received = executor.submit(receive_all, listener)
        with connect(client, address, source) as connection:
            connection.sendall(data)
        return received.result()


def _udp_socket(host: Namespace, address: tuple[str, int], *, checksum: bool) -> socket.socket:
    with host.entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(PATIENCE_SECONDS)
    if not checksum:
        made.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    made.bind(address)
    return made


@dataclass(frozen=True)
class Conversation:
    """Datagrams there and back: whom each end talked to, and whether every byte was right."""

    client_address: str
    server_address: str
    exchanged: int


def udp_exchange(
    client: Namespace,
    server: Namespace,
    address: tuple[str, int],
    payloads: list[bytes],
    *,
    source: str = "",
    checksum: bool = True,
) -> Conversation:
    """The client sends each payload to `address`; the server answers with it reversed."""
    exchanged = 0
    with (
        _udp_socket(server, ("", address[1]), checksum=checksum) as server_socket,
        _udp_socket(client, (source, 0), checksum=checksum) as client_socket,
    ):
        for payload in payloads:
            client_socket.sendto(payload, address)
            question, client_seen = server_socket.recvfrom(1 << 16)
            server_socket.sendto(question[::-1], client_seen)
            answer, server_seen = client_socket.recvfrom(1 << 16)
            exchanged += question == payload and answer == payload[::-1]
    return Conversation(client_seen[0], server_seen[0], exchanged)
