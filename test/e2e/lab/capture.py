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
from pathlib import Path

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
ICMP_HEADER_BYTES = 8
ICMP_ERRORS = {3, 4, 5, 11, 12}

PCAP_MAGIC, PCAP_ETHERNET = 0xA1B2C3D4, 1

FRAME_BYTES = 128  # of the ring, usually: room for Ethernet, IP and TCP headers
WHOLE_ERROR_BYTES = 1024  # room for an ICMP error of the usual 576 bytes at most
BLOCK_BYTES = 1 << 16


class Capture:
    """A running or finished recording of one interface. Made by Lab.capture()."""

    def __init__(self, where: Namespace, interface: str, room: int, frame_bytes: int) -> None:
        """`room` is the number of frames, a multiple of 512; `frame_bytes` a power of two."""
        with where.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        length = room * frame_bytes
        ring = struct.pack("IIII", BLOCK_BYTES, length // BLOCK_BYTES, frame_bytes, room)
        self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
        self._frame_bytes = frame_bytes
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

    def write(self, file: Path) -> None:
        """The frames, once it has ended, as a pcap file; it says nothing of when they came."""
        with file.open("wb") as out:
            out.write(struct.pack("<IHHiIII", PCAP_MAGIC, 2, 4, 0, 0, 1 << 18, PCAP_ETHERNET))
            for number, frame in enumerate(self.frames):
                out.write(struct.pack("<IIII", number // 1000, number % 1000, len(frame), len(frame)) + frame)

    def close(self) -> None:
        self._ring.close()
        self._socket.close()

    def _filled(self) -> Iterator[bytes]:
        for at in range(0, len(self._ring), self._frame_bytes):
            # struct tpacket2_hdr
            status, _, length, mac_offset = struct.unpack_from("IIIH", self._ring, at)
            if not status & TP_STATUS_USER:
                return
            yield self._ring[at + mac_offset : at + mac_offset + length]

    def ethertypes(self) -> set[int]:
        """Every protocol that occurred."""
        return {ethertype(frame) for frame in self.frames}

    def addresses(self) -> set[str]:
        """Every IPv4 address in ARP, in IPv4 headers and in the headers that ICMP errors quote."""
        found: set[bytes] = set()
        for frame in self.frames:
            packet = frame[ETHERNET_HEADER_BYTES:]
            if ethertype(frame) == ETHERTYPE_IPV4:
                found.update(header_addresses(packet))
            elif ethertype(frame) == ETHERTYPE_ARP:
                found.update((packet[14:18], packet[24:28]))
        return {str(ipaddress.IPv4Address(address)) for address in found}

    def icmp_packets(self) -> list[bytes]:
        """Every ICMP packet, from its IPv4 header on."""
        return [
            frame[ETHERNET_HEADER_BYTES:]
            for frame in self.frames
            if ethertype(frame) == ETHERTYPE_IPV4
            and frame[ETHERNET_HEADER_BYTES + 9] == socket.IPPROTO_ICMP
        ]

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


def header_addresses(packet: bytes) -> list[bytes]:
    """Source and destination of an IPv4 packet; if it is an ICMP error, the quoted ones too."""
    header_bytes = (packet[0] & 0x0F) * 4
    addresses = [packet[12:16], packet[16:20]]
    if packet[9] == socket.IPPROTO_ICMP and packet[header_bytes] in ICMP_ERRORS:
        addresses += header_addresses(packet[header_bytes + ICMP_HEADER_BYTES :])
    return addresses
