"""SCTP (RFC 9260), by the kernel's own and by hand.

Its checksum covers no address, so it passes natto unchanged. So does what its chunks say: a host
with several addresses lists them in INIT, and the other side of a NAT cannot use that list.
"""

import socket
from concurrent.futures import ThreadPoolExecutor

from .namespace import Namespace
from .traffic import PATIENCE_SECONDS, Transfer, receive_all

MESSAGE_BYTES = 1000
IP_HEADER_BYTES = 20
PORTS_BYTES = 4


def refusal() -> str:
    """Why the kernel cannot have associations, or an empty string."""
    try:
        _socket().close()
    except OSError as error:
        return f"the kernel has no SCTP: {error.strerror}"
    return ""


def _socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP)


def transfer(
    client: Namespace, server: Namespace, address: tuple[str, int], data: bytes
) -> Transfer:
    """The client associates with `address`, sends `data` in many messages and closes."""
    with server.entered():
        listener = _socket()
    with client.entered():
        sender = _socket()
    with listener, sender, ThreadPoolExecutor(1) as executor:
        for end in (listener, sender):
            end.settimeout(PATIENCE_SECONDS)
        listener.bind(("", address[1]))
        listener.listen()
        received = executor.submit(receive_all, listener)
        sender.connect(address)
        for at in range(0, len(data), MESSAGE_BYTES):
            sender.sendall(data[at : at + MESSAGE_BYTES])
        sender.close()
        return received.result()


def send_packet(
    client: Namespace, server: Namespace, address: str, packet: bytes
) -> tuple[str, bytes]:
    """Send one SCTP packet, whatever the kernel knows of SCTP; who the server sees, and what."""
    with server.entered():
        receiver = _raw_socket()
    with client.entered():
        sender = _raw_socket()
    with receiver, sender:
        sender.sendto(packet, (address, 0))
        while True:
            datagram, (source, _) = receiver.recvfrom(1 << 16)
            arrived = datagram[IP_HEADER_BYTES:]
            if arrived[:PORTS_BYTES] == packet[:PORTS_BYTES]:  # not the answer of a kernel
                return source, arrived


def _raw_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_SCTP)
    made.settimeout(PATIENCE_SECONDS)
    return made
