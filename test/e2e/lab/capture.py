"""What an interface saw: a packet ring (PACKET_MMAP) that the kernel fills.

The kernel writes the head of every frame, incoming and outgoing, into memory shared with this
process, so that recording takes nobody's time and needs no second program. Nothing is read before
the end: the ring must have room for all.
"""

import ipaddress
import mmap
import socket
import struct
from collections import Counter
from collections.abc import Iterator

from .namespace import Namespace

# linux/if_packet.h
SOL_PACKET = 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 5, 6, 10
TPACKET_V2 = 1
TP_STATUS_USER = 1
ETH_P_ALL = 0x0003

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERNET_HEADER_BYTES = 14

FRAME_BYTES = 128  # of the ring: room for Ethernet, IP and TCP headers
BLOCK_BYTES = 1 << 16


class Capture:
    """A running or finished recording of one interface. Made by Lab.capture()."""

    def __init__(self, where: Namespace, interface: str, room: int) -> None:
        """`room` is the number of frames, a multiple of 512."""
        with where.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        length = room * FRAME_BYTES
        ring = struct.pack("IIII", BLOCK_BYTES, length // BLOCK_BYTES, FRAME_BYTES, room)
        self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
        self._ring = mmap.mmap(self._socket.fileno(), length)
        self._socket.bind((interface, ETH_P_ALL))
        self.frames: list[bytes] = []

    def stop(self) -> None:
        """End it and fill `frames`, each cut to its headers; raise if any is missing."""
        statistics = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        _, missing = struct.unpack("II", statistics)
        if missing:
            raise RuntimeError(f"the capture has no room for {missing} frames")
        self.frames = list(self._filled())
        self.close()

    def close(self) -> None:
        self._ring.close()
        self._socket.close()

    def _filled(self) -> Iterator[bytes]:
        for at in range(0, len(self._ring), FRAME_BYTES):
            # struct tpacket2_hdr
            status, _, length, mac_offset = struct.unpack_from("IIIH", self._ring, at)
            if not status & TP_STATUS_USER:
                return
            yield self._ring[at + mac_offset : at + mac_offset + length]

    def ethertypes(self) -> set[int]:
        """Every protocol that occurred."""
        return {ethertype(frame) for frame in self.frames}

    def ip_pairs(self) -> dict[tuple[str, str], int]:
        """How many IPv4 packets there were of each (source, destination)."""
        counts = Counter(
            frame[ETHERNET_HEADER_BYTES + 12 : ETHERNET_HEADER_BYTES + 20]
            for frame in self.frames
            if ethertype(frame) == ETHERTYPE_IPV4
        )
        return {
            (str(ipaddress.IPv4Address(pair[:4])), str(ipaddress.IPv4Address(pair[4:]))): count
            for pair, count in counts.items()
        }


def ethertype(frame: bytes) -> int:
    return int.from_bytes(frame[12:14], "big")
