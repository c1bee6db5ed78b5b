"""Random Ethernet frames of every kind natto may meet: good, odd, damaged and truncated."""

import random
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from oracle import checksum

SENDER = bytes.fromhex("020000000002")
RECEIVER = bytes.fromhex("021122334455")
# Right ones, some with a large or a small MSS, and malformed ones.
TCP_OPTIONS = [
    bytes.fromhex(o)
    for o in ("01", "01", "02042305", "020405b4", "02040218", "02040000", "0204ffff", "0402", "030307",
              "080a0000000100000000", "00", "02032305", "0206230523", "0801", "08ff", "fd00")
]
TCP_FLAGS = [0x02, 0x02, 0x12, 0x10, 0xC2, 0xD2, 0x03, 0x06, 0x0A, 0x04, 0x14, 0x01, 0x18, 0x00, 0x3F]
CLIENTS, SERVERS = [40000, 5000, 443, 0, 65535], [443, 53, 8000, 8050, 8099, 8100, 22]
ICMP_TYPES = [0, 0, 8, 8, 9, 10, 13, 14, 15, 16, 17, 18, 30, 37, 38, 42, 43, 255]


@dataclass
class Ends:
    """Addresses that packets of one realm may use, good and bad ones."""

    sources: list[IPv4Address]
    destinations: list[IPv4Address]
    # For ICMP errors: (real host of this realm, mapped address of the host that sent to it).
    conversations: list[tuple[IPv4Address, IPv4Address]]


def ipv4(rng: random.Random, source, destination, protocol: int, payload: bytes, **fields) -> bytes:
    options = fields.get("options", b"")
    header = bytearray(
        struct.pack(
            "!BBHHHBBH",
            0x45 + len(options) // 4,
            fields.get("tos", rng.randrange(256)),
            20 + len(options) + len(payload),
            rng.randrange(65536),
            fields.get("fragment", rng.choice([0x4000, 0x4000, 0, 0x8000])),
            fields.get("ttl", rng.choice([64, 128, 255, 2, 3])),
            protocol,
            0,
        )
    )
    header += source.packed + destination.packed + options
    struct.pack_into("!H", header, 10, checksum(bytes(header)))
    return bytes(header) + payload


def with_transport_checksum(source, destination, protocol: int, segment: bytes, at: int) -> bytes:
    pseudo = source.packed + destination.packed + struct.pack("!BBH", 0, protocol, len(segment))
    value = checksum(pseudo + segment[:at] + b"\0\0" + segment[at + 2 :])
    if value == 0 and protocol in (17, 136):
        value = 0xFFFF
    return segment[:at] + struct.pack("!H", value) + segment[at + 2 :]


def sctp(rng: random.Random, ports: list[int], data: bytes) -> bytes:
    """With a chunk's type behind the header, or cut off before it."""
    chunk = bytes([rng.choice([0, 1, 1, 2, 3, 10]), 0, 0, 4])
    packet = struct.pack("!HHII", *ports, rng.getrandbits(32), rng.getrandbits(32)) + chunk + data
    return packet[: rng.choice([1500] * 5 + [0, 3, 4, 8, 12, 13])]


def transport(rng: random.Random, source, destination) -> tuple[int, bytes]:
    """A protocol number and its payload, mostly with a right checksum."""
    data = rng.randbytes(rng.choice([0, 1, 2, 7, 64, 333]))
    kind = rng.randrange(14)
    ports = rng.sample([rng.choice(CLIENTS), rng.choice(SERVERS)], 2)
    if kind < 3:
        options = b"".join(rng.choices(TCP_OPTIONS, k=rng.randrange(5)))[:40]
        options += bytes(-len(options) % 4)
        words = 5 + len(options) // 4 if rng.random() < 0.9 else rng.randrange(16)
        flags = rng.choice(TCP_FLAGS)
        segment = struct.pack("!HHIIBBHHH", *ports, rng.getrandbits(32), 0, words << 4, flags, 0xFAF0, 0, 0)
        return 6, with_transport_checksum(source, destination, 6, segment + options + data, 16)
    if kind < 6:
        segment = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
        return 17, with_transport_checksum(source, destination, 17, segment, 6)
    if kind == 6:
        return 17, struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    if kind == 7:
        segment = struct.pack("!HHHH", *ports, 8, 0) + data
        return 136, with_transport_checksum(source, destination, 136, segment, 6)
    if kind == 8:
        segment = struct.pack("!HHBBHBBHI", *ports, 4, 0, 0, rng.randrange(32), 0, 0, 0) + data
        return 33, with_transport_checksum(source, destination, 33, segment, 6)
    if kind == 9:
        message = bytes([rng.choice(ICMP_TYPES), 0, 0, 0]) + rng.randbytes(4) + data
        return 1, message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    if kind < 12:
        return 132, sctp(rng, ports, data)
    return rng.choice([2, 4, 41, 46, 47, 50, 51, 253]), data


def plain(rng: random.Random, ends: Ends) -> bytes:
    source, destination = rng.choice(ends.sources), rng.choice(ends.destinations)
    protocol, payload = transport(rng, source, destination)
    return ipv4(rng, source, destination, protocol, payload, ttl=rng.choice([64, 255, 1, 0, 2]))


def fragment(rng: random.Random, ends: Ends) -> bytes:
    source, destination = rng.choice(ends.sources), rng.choice(ends.destinations)
    protocol, payload = transport(rng, source, destination)
    if rng.random() < 0.3:  # of SCTP a fragment may hide or replace what opens
        protocol, payload = 132, sctp(rng, [rng.choice(SERVERS), 5000], b"data")
    offset = rng.choice([0, 0, 0, 1, 1, 2, 100, 8190, 8191])
    more = rng.choice([0x2000, 0])
    if more and rng.random() < 0.9:
        payload += bytes(-len(payload) % 8)
    return ipv4(rng, source, destination, protocol, payload, fragment=more | offset)


def with_options(rng: random.Random, ends: Ends) -> bytes:
    source, destination = rng.choice(ends.sources), rng.choice(ends.destinations)
    protocol, payload = transport(rng, source, destination)
    options = rng.choice(
        ["01010101", "94040000", "5e04dead", "00ffffff", "01" * 40, "8307040000000000", "8907040000000000",
         "0707040000000000", "4408050000000000", "5e000000", "5e010000", "5e090000", "0101015e"]
    )
    return ipv4(rng, source, destination, protocol, payload, options=bytes.fromhex(options))


def large(rng: random.Random, ends: Ends) -> bytes:
    source, destination = rng.choice(ends.sources), rng.choice(ends.destinations)
    data = rng.randbytes(rng.randrange(900, 1460))
    segment = with_transport_checksum(
        source, destination, 17, struct.pack("!HHHH", 5000, 53, 8 + len(data), 0) + data, 6
    )
    return ipv4(rng, source, destination, 17, segment, fragment=rng.choice([0, 0x4000]))


def icmp_error(rng: random.Random, ends: Ends) -> bytes:
    real, peer = rng.choice(ends.conversations)
    protocol, payload = transport(rng, peer, real)
    quote = ipv4(rng, peer, real, protocol, payload, options=rng.choice([b"", b"\1" * 8, b"\1" * 40]))
    if rng.random() < 0.2:
        quote = ipv4(rng, peer, real, protocol, payload, fragment=rng.choice([1, 3, 0x2000]))
    if rng.random() < 0.1:
        at = rng.randrange(20)
        quote = quote[:at] + rng.randbytes(1) + quote[at + 1 :]
    quote = quote[: rng.choice([0, 19, 20, 22, 24, 27, 28, 29, 32, 33, 34, 36, 38, 60, 128, 548])]
    rest = rng.choice([bytes(4), b"\0\0\5\x78", b"\0\x07\0\0"])
    if rng.random() < 0.15:
        quote, rest = quote.ljust(128, b"\0") + rng.randbytes(12), b"\0\x20\0\0"
    kind = rng.choice([3, 3, 3, 11, 11, 12, 4, 5])
    message = bytes([kind, rng.choice([0, 1, 4])]) + b"\0\0" + rest + quote
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    source = rng.choice([real, real, IPv4Address("198.51.100.77"), *ends.sources[-3:]])
    outer = peer if rng.random() < 0.95 else rng.choice(ends.destinations)
    return ipv4(rng, source, outer, 1, message, ttl=rng.choice([64, 64, 1]))


def damaged(rng: random.Random, packet: bytes) -> bytes:
    """A few bytes changed, or the end cut off; the header checksum put right again, or not."""
    data = bytearray(packet)
    for _ in range(rng.randrange(3)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.3:
        del data[rng.randrange(len(data)) :]
    header = (data[0] & 15) * 4 if data else 0
    if rng.random() < 0.7 and 20 <= header <= len(data):
        data[10:12] = b"\0\0"
        struct.pack_into("!H", data, 10, checksum(bytes(data[:header])))
    return bytes(data)


def other_frame(rng: random.Random, ends: Ends) -> bytes:
    """Frames that are not IPv4 in a plain unicast Ethernet frame."""
    packet = plain(rng, ends)
    arp = bytes.fromhex("0001080006040001") + SENDER + ends.sources[0].packed + bytes(6)
    arp += rng.choice(ends.destinations).packed
    return rng.choice(
        [
            RECEIVER + SENDER + b"\x81\x00\x00\x07\x08\x00" + packet,
            RECEIVER + SENDER + b"\x86\xdd" + packet,
            RECEIVER + SENDER + b"\x88\xcc" + packet,
            RECEIVER + SENDER + b"\x00\x26" + packet[:38],
            b"\xff" * 6 + SENDER + b"\x08\x00" + packet,
            RECEIVER + b"\x03" + SENDER[1:] + b"\x08\x00" + packet,
            b"\xff" * 6 + SENDER + b"\x08\x06" + arp,
            b"\xff" * 6 + SENDER + b"\x08\x06" + arp[: rng.randrange(29)],
            rng.randbytes(rng.randrange(1, 40)),
        ]
    )


def random_frame(rng: random.Random, ends: Ends) -> bytes:
    kind = rng.random()
    if kind < 0.05:
        return other_frame(rng, ends)
    maker = rng.choice([plain, plain, plain, plain, fragment, with_options, large, icmp_error, icmp_error])
    packet = maker(rng, ends)
    if kind < 0.2:
        packet = damaged(rng, packet)
    padding = rng.randbytes(rng.choice([0, 0, 0, 1, 18]))
    return RECEIVER + SENDER + b"\x08\x00" + packet + padding
