"""A call in RTP (RFC 3550): both ends send at a steady pace, and listen at the same time."""

import os
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .namespace import Namespace

VERSION_2 = 0x80
SAMPLES = 188  # of a byte each, in each packet
PATIENCE_SECONDS = 20


def packets(count: int) -> list[bytes]:
    """A stream of random sound, 200 bytes a packet."""
    source = os.urandom(4)
    return [
        struct.pack(">BBHI4s", VERSION_2, 0, sequence, sequence * SAMPLES, source)
        + os.urandom(SAMPLES)
        for sequence in range(count)
    ]


def sequence(packet: bytes) -> int:
    """The number of a packet."""
    return int.from_bytes(packet[2:4], "big")


@dataclass(frozen=True)
class Phone:
    """One end of a call."""

    host: Namespace
    peer: str  # whom it calls
    stream: list[bytes]  # what it says


def call(one: Phone, other: Phone, port: int, pause_seconds: float) -> list[list[bytes]]:
    """What each of the two heard, in the order in which it came."""
    with _socket(one.host, port) as one_socket, _socket(other.host, port) as other_socket:
        with ThreadPoolExecutor(4) as executor:
            heard = [
                executor.submit(_hear, one_socket, len(other.stream)),
                executor.submit(_hear, other_socket, len(one.stream)),
            ]
            for end, phone in ((one_socket, one), (other_socket, other)):
                executor.submit(_say, end, (phone.peer, port), phone.stream, pause_seconds)
        return [packets.result() for packets in heard]


def _socket(host: Namespace, port: int) -> socket.socket:
    with host.entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("", port))
    made.settimeout(PATIENCE_SECONDS)
    return made


def _say(
    end: socket.socket, peer: tuple[str, int], stream: list[bytes], pause_seconds: float
) -> None:
    for packet in stream:
        end.sendto(packet, peer)
        time.sleep(pause_seconds)


def _hear(end: socket.socket, count: int) -> list[bytes]:
    """So many packets, or all that come while one waits patiently."""
    heard: list[bytes] = []
    try:
        while len(heard) < count:
            heard.append(end.recv(1 << 16))
    except TimeoutError:
        pass
    return heard
