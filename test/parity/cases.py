"""What both translators receive: random packets of every kind that users send, each with an
identification of its own, by which its translation is found again.

Company a has 10.32.0.0/16 and b 10.34.0.0/16. Hosts 1..4 of each are mapped one by one, and a prefix
of each address by address.
"""

import random
import struct
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracle"))
from oracle import checksum  # noqa: E402
from packets import with_transport_checksum  # noqa: E402

SIDES = ("company-a", "company-b")
HOSTS = 4
REAL_HOST = {"company-a": "10.32.0.", "company-b": "10.34.0."}
MAPPED_HOST = {"company-a": "10.33.1.", "company-b": "10.33.2."}
REAL_PREFIX = {"company-a": "10.32.8.", "company-b": "10.34.8."}
MAPPED_PREFIX = {"company-a": "10.33.8.", "company-b": "10.33.9."}
# natto's and the kernel's own address on each side's link, and the next hop there.
OWN = {"company-a": "10.32.200.1", "company-b": "10.34.200.1"}
PEER = {"company-a": "10.32.200.2", "company-b": "10.34.200.2"}
MTU = {"company-a": 1500, "company-b": 1000}


@dataclass(frozen=True)
class Case:
    """IPv4 packets that arrive from `side`, in this order, and what they are."""

    kind: str
    side: str
    packets: tuple[bytes, ...]


def other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def ipv4(
    identification: int,
    source: str,
    destination: str,
    protocol: int,
    payload: bytes,
    *,
    fragment: int = 0x4000,
    ttl: int = 64,
    tos: int = 0,
    options: bytes = b"",
) -> bytes:
    header = bytearray(
        struct.pack(
            "!BBHHHBBH", 0x45 + len(options) // 4, tos, 20 + len(options) + len(payload),
            identification, fragment, ttl, protocol, 0,
        )
    )  # fmt: skip
    header += IPv4Address(source).packed + IPv4Address(destination).packed + options
    struct.pack_into("!H", header, 10, checksum(bytes(header)))
    return bytes(header) + payload


class Maker:
    """Makes cases from a seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._identification = 0

    def cases(self, count: int) -> list[Case]:
        """At least `count` packets of mixed kinds, and each kind at least once."""
        kinds = [
            (30, self._plain), (8, self._fragments), (6, self._options), (4, self._expired),
            (4, self._too_big), (4, self._to_be_cut), (4, self._unmapped), (4, self._bad_header),
            (4, self._bad_transport), (10, self._icmp_error), (3, self._reply_unasked),
            (2, self._never_forwarded), (3, self._tcp_out_of_the_blue),
            (3, self._hairpin),
        ]  # fmt: skip
        weights, makers = zip(*kinds, strict=True)
        made = [make(side) for make in makers for side in SIDES]
        while sum(len(case.packets) for case in made) < count:
            (make,) = self._rng.choices(makers, weights)
            made.append(make(self._rng.choice(SIDES)))
        return made

    def _next(self) -> int:
        self._identification += 1
        return self._identification

    def _ends(self, side: str) -> tuple[str, str]:
        """A real address of `side` and a mapped one of the other."""
        pick = self._rng.random
        host = REAL_HOST[side] + str(self._rng.randint(1, HOSTS))
        if pick() < 0.5:
            host = REAL_PREFIX[side] + str(self._rng.randint(0, 255))
        peer = MAPPED_HOST[other(side)] + str(self._rng.randint(1, HOSTS))
        if pick() < 0.5:
            peer = MAPPED_PREFIX[other(side)] + str(self._rng.randint(0, 255))
        return host, peer

    def _segment(self, source: str, destination: str, size: int | None = None) -> tuple[int, bytes]:
        """A protocol and its payload with a right checksum, as the first packet of a flow."""
        rng = self._rng
        data = rng.randbytes(rng.choice([0, 1, 7, 64, 333]) if size is None else size)
        ports = struct.pack("!HH", rng.randint(1024, 65535), rng.randint(1, 65535))
        ends = IPv4Address(source), IPv4Address(destination)
        kind = rng.randrange(8)
        if kind < 3:
            tcp = ports + struct.pack("!IIBBHHH", rng.getrandbits(32), 0, 0x50, 2, 64240, 0, 0)
            return 6, with_transport_checksum(*ends, 6, tcp + (data if size else b""), 16)
        udp = ports + struct.pack("!HH", 8 + len(data), 0) + data
        if kind < 5:
            return 17, with_transport_checksum(*ends, 17, udp, 6)
        if kind == 5:
            return 17, udp  # without a checksum
        if kind == 6:
            echo = struct.pack("!BBHHH", 8, 0, 0, rng.getrandbits(16), 1) + data
            return 1, echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
        return rng.choice([50, 253]), data

    def _packet(self, side: str, size: int | None = None, **fields) -> bytes:
        source, destination = self._ends(side)
        protocol, payload = self._segment(source, destination, size)
        return ipv4(self._next(), source, destination, protocol, payload, **fields)

    def _plain(self, side: str) -> Case:
        rng = self._rng
        fields = {"ttl": rng.choice([2, 3, 64, 128]), "tos": rng.choice([0, 0x10, 0xB8])}
        return Case("plain", side, (self._packet(side, **fields),))

    def _fragments(self, side: str) -> Case:
        source, destination = self._ends(side)
        protocol, payload = self._segment(source, destination, self._rng.choice([900, 1700]))
        number, cut = self._next(), 8 * self._rng.randint(10, 110)
        parts = [payload[at : at + cut] for at in range(0, len(payload), cut)]
        packets = tuple(
            ipv4(number, source, destination, protocol, part,
                 fragment=(at * cut // 8) | (0x2000 if at + 1 < len(parts) else 0))
            for at, part in enumerate(parts)
        )  # fmt: skip
        if self._rng.random() < 0.3:
            packets = tuple(self._rng.sample(packets, len(packets)))
        return Case("fragments", side, packets)

    def _options(self, side: str) -> Case:
        options = self._rng.choice(
            [
                b"\x01\x01\x01\x00",  # no-operation
                b"\x94\x04\x00\x00",  # router alert
                b"\x07\x07\x04\x00\x00\x00\x00\x00",  # record route
                b"\x83\x07\x04\x0a\x00\x00\x01\x00",  # loose source route
            ]
        )
        kind = {0x01: "options", 0x94: "router_alert", 0x07: "record_route", 0x83: "source_route"}
        return Case(kind[options[0]], side, (self._packet(side, options=options),))

    def _expired(self, side: str) -> Case:
        return Case("ttl_expired", side, (self._packet(side, ttl=1),))

    def _too_big(self, side: str) -> Case:
        return Case("too_big", "company-a", (self._packet("company-a", 1100),))

    def _to_be_cut(self, side: str) -> Case:
        return Case("to_be_cut", "company-a", (self._packet("company-a", 1200, fragment=0),))

    def _unmapped(self, side: str) -> Case:
        source, destination = self._ends(side)
        if self._rng.random() < 0.5:
            source = REAL_HOST[side] + "77"
        else:
            destination = MAPPED_HOST[other(side)] + "77"
        protocol, payload = self._segment(source, destination)
        return Case("unmapped", side, (ipv4(self._next(), source, destination, protocol, payload),))

    def _bad_header(self, side: str) -> Case:
        packet = bytearray(self._packet(side))
        packet[10] ^= 0x55
        return Case("bad_header_checksum", side, (bytes(packet),))

    def _bad_transport(self, side: str) -> Case:
        source, destination = self._ends(side)
        udp = struct.pack("!HHHH", 5000, self._rng.randint(1, 65535), 16, 0) + b"damaged!"
        ends = IPv4Address(source), IPv4Address(destination)
        udp = bytearray(with_transport_checksum(*ends, 17, udp, 6))
        udp[6] ^= 0x55
        packet = ipv4(self._next(), source, destination, 17, bytes(udp))
        return Case("bad_transport_checksum", side, (packet,))

    def _icmp_error(self, side: str) -> Case:
        """A UDP packet, and later the error about it; see kernel.py for how it comes back."""
        return Case("icmp_error", side, (self._packet_of_udp(side),))

    def _packet_of_udp(self, side: str) -> bytes:
        source, destination = self._ends(side)
        data = self._rng.randbytes(40)
        ports = struct.pack("!HH", self._rng.randint(1024, 65535), self._rng.randint(1, 65535))
        udp = ports + struct.pack("!HH", 8 + len(data), 0) + data
        ends = IPv4Address(source), IPv4Address(destination)
        return ipv4(
            self._next(), source, destination, 17, with_transport_checksum(*ends, 17, udp, 6)
        )

    def _reply_unasked(self, side: str) -> Case:
        source, destination = self._ends(side)
        echo = struct.pack("!BBHHH", 0, 0, 0, self._rng.getrandbits(16), 1) + b"unasked!"
        echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
        return Case("reply_unasked", side, (ipv4(self._next(), source, destination, 1, echo),))

    def _tcp_out_of_the_blue(self, side: str) -> Case:
        source, destination = self._ends(side)
        ports = struct.pack("!HH", self._rng.randint(1024, 65535), self._rng.randint(1, 65535))
        tcp = ports + struct.pack("!IIBBHHH", 1, 1, 0x50, 4, 0, 0, 0)  # RST
        ends = IPv4Address(source), IPv4Address(destination)
        segment = with_transport_checksum(*ends, 6, tcp, 16)
        return Case("tcp_reset_unasked", side, (ipv4(self._next(), source, destination, 6, segment),))

    def _hairpin(self, side: str) -> Case:
        source, _ = self._ends(side)
        destination = MAPPED_HOST[side] + str(self._rng.randint(1, HOSTS))
        protocol, payload = self._segment(source, destination)
        return Case("hairpin", side, (ipv4(self._next(), source, destination, protocol, payload),))

    def _never_forwarded(self, side: str) -> Case:
        source, destination = self._ends(side)
        source = self._rng.choice(["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"])
        protocol, payload = self._segment(source, destination)
        return Case("martian", side, (ipv4(self._next(), source, destination, protocol, payload),))


def error_about(packet: bytes, identification: int) -> bytes:
    """A port unreachable from the host that received `packet`."""
    source, destination = str(IPv4Address(packet[16:20])), str(IPv4Address(packet[12:16]))
    message = struct.pack("!BBHI", 3, 3, 0, 0) + packet
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    return ipv4(identification, source, destination, 1, message)


def last_packet(side: str) -> bytes:
    """What marks the end of a batch: it passes, and has the identification 0."""
    udp = struct.pack("!HHHH", 9, 9, 8, 0)
    return ipv4(0, REAL_HOST[side] + "1", MAPPED_HOST[other(side)] + "1", 17, udp, fragment=0)
